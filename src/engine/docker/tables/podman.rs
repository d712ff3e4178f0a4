//! podman's commands: podman 4.3.1, `podman COMMAND --help`, together with podman 5.4.2,
//! `docs/source/markdown/podman-*.1.md.in`.

/// Flags before a command, many of which may stand behind it (`rootFlags` in `cmd/podman/root.go`).
pub(super) const GLOBALS: &str = "\
cgroup-manager= config= conmon= c.connection= context= cpu-profile= db-backend= D.debug \
    default-mounts-file= events-backend= hooks-dir= H.host= identity= imagestore= log-level= max-workers= \
    memory-profile= module= namespace= network-backend= network-cmd-path= network-config-dir= noout out= \
    pull-option= registries-conf= r.remote root= runroot= runtime= runtime-flag= ssh= storage-driver= \
    storage-opt= syslog tmpdir= trace transient-store url= v.version volumepath=";

/// Commands without a group, and the short names of others.
pub(super) const TOP: &str = "\
attach =container attach\n\
auto-update r? authfile= dry-run format= rollback tls-verify\n\
build =image build\n\
commit =container commit\n\
cp =container cp\n\
create =container create\n\
diff =container diff\n\
events =system events\n\
exec =container exec\n\
export =container export\n\
history =image history\n\
images =image list\n\
import =image import\n\
info =system info\n\
init =container init\n\
inspect r f.format= l.latest s.size t.type=\n\
kill =container kill\n\
load =image load\n\
login m authfile= cert-dir= compat-auth-file= get-login p.password= password-stdin secret= tls-verify \
    u.username= v.verbose\n\
logout m a.all authfile= compat-auth-file=\n\
logs =container logs\n\
mount =container mount\n\
pause =container pause\n\
port =container port\n\
ps =container ps\n\
pull =image pull\n\
push =image push\n\
rename =container rename\n\
restart =container restart\n\
rm =container rm\n\
rmi =image rm\n\
run =container run\n\
save =image save\n\
search =image search\n\
start =container start\n\
stats =container stats\n\
stop =container stop\n\
tag =image tag\n\
top =container top\n\
umount =container unmount\n\
unmount =container unmount\n\
unpause =container unpause\n\
unshare e/ rootless-netns\n\
untag =image untag\n\
update =container update\n\
version r f.format=\n\
wait =container wait";

/// `podman container`.
pub(super) const CONTAINER: &str = "\
attach m? detach-keys= l.latest no-stdin sig-proxy\n\
checkpoint m? a.all c.compress= create-image= e.export= file-locks ignore-rootfs ignore-volumes k.keep \
    l.latest R.leave-running P.pre-checkpoint print-stats tcp-established with-previous\n\
cleanup d? a.all exec= l.latest rm rmi\n\
clone m!? +run destroy f.force name=\n\
commit m a.author= c.change= config= f.format= iidfile= include-volumes m.message= p.pause q.quiet \
    s.squash\n\
cp c a.archive overwrite\n\
create m!/? +run init-ctr= pod-id-file=\n\
diff r format= l.latest\n\
exec e/ d.detach detach-keys= e.env= env-file= i.interactive l.latest preserve-fd= preserve-fds= \
    privileged t.tty u.user= w.workdir=\n\
exists r external\n\
export r o.output=\n\
init m a.all l.latest\n\
inspect r f.format= l.latest s.size t.type=\n\
kill d? a.all cidfile= l.latest s.signal=\n\
list r a.all external f.filter= format= n.last= l.latest namespace no-trunc noheading ns p.pod q.quiet \
    s.size sort= sync w.watch=\n\
logs r/ color f.follow l.latest n.names since= tail= t.timestamps until=\n\
ls =container list\n\
mount m a.all format= l.latest no-trunc\n\
pause d? a.all cidfile= f.filter= l.latest\n\
port r a.all l.latest\n\
prune x? filter= f.force\n\
ps r a.all external f.filter= format= n.last= l.latest namespace no-trunc noheading ns p.pod q.quiet \
    s.size sort= sync w.watch=\n\
rename m\n\
restart d? a.all cidfile= f.filter= l.latest running t.time=\n\
restore m! a.all file-locks ignore-rootfs ignore-static-ip ignore-static-mac ignore-volumes i.import= \
    import-previous= k.keep l.latest n.name= pod= print-stats p.publish= tcp-established\n\
rm x? a.all cidfile= depend filter= f.force i.ignore l.latest storage t.time= v.volumes\n\
run m!/? add-host= annotation= arch= a.attach= authfile= blkio-weight= blkio-weight-device= cap-add= \
    cap-drop= cgroup-conf= cgroup-parent= cgroupns= cgroups= chrootdirs= cidfile= conmon-pidfile= \
    cpu-period= cpu-quota= cpu-rt-period= cpu-rt-runtime= c.cpu-shares= cpus= cpuset-cpus= cpuset-mems= \
    decryption-key= d.detach detach-keys= device= device-cgroup-rule= device-read-bps= device-read-iops= \
    device-write-bps= device-write-iops= disable-content-trust dns= dns-option= dns-search= entrypoint= \
    e.env= env-file= env-host env-merge= expose= gidmap= gpus= group-add= group-entry= health-cmd= \
    health-interval= health-log-destination= health-max-log-count= health-max-log-size= health-on-failure= \
    health-retries= health-start-period= health-startup-cmd= health-startup-interval= \
    health-startup-retries= health-startup-success= health-startup-timeout= health-timeout= h.hostname= \
    hosts-file= hostuser= http-proxy image-volume= init init-path= i.interactive ip= ip6= ipc= l.label= \
    label-file= link-local-ip= log-driver= log-opt= mac-address= m.memory= memory-reservation= memory-swap= \
    memory-swappiness= mount= name= network= network-alias= no-healthcheck no-hostname no-hosts \
    oom-kill-disable oom-score-adj= os= passwd passwd-entry= personality= pid= pidfile= pids-limit= \
    platform= pod= pod-id-file= preserve-fd= preserve-fds= privileged p.publish= P.publish-all pull= q.quiet \
    rdt-class= read-only read-only-tmpfs replace requires= restart= retry= retry-delay= rm rmi rootfs \
    sdnotify= seccomp-policy= secret= security-opt= shm-size= shm-size-systemd= sig-proxy stop-signal= \
    stop-timeout= subgidname= subuidname= sysctl= systemd= timeout= tls-verify tmpfs= t.tty tz= uidmap= \
    ulimit= umask= unsetenv= unsetenv-all u.user= userns= uts= variant= v.volume= volumes-from= w.workdir=\n\
runlabel u authfile= cert-dir= creds= display n.name= q.quiet replace tls-verify\n\
start m! all a.attach detach-keys= f.filter= i.interactive l.latest sig-proxy\n\
stats r a.all format= i.interval= l.latest no-reset no-stream no-trunc\n\
stop d? a.all cidfile= f.filter= i.ignore l.latest t.time=\n\
top r/ l.latest\n\
umount =container unmount\n\
unmount m a.all f.force l.latest\n\
unpause m a.all cidfile= f.filter= l.latest\n\
update d? blkio-weight= blkio-weight-device= cpu-period= cpu-quota= cpu-rt-period= cpu-rt-runtime= \
    c.cpu-shares= cpus= cpuset-cpus= cpuset-mems= device-read-bps= device-read-iops= device-write-bps= \
    device-write-iops= health-cmd= health-interval= health-log-destination= health-max-log-count= \
    health-max-log-size= health-on-failure= health-retries= health-start-period= health-startup-cmd= \
    health-startup-interval= health-startup-retries= health-startup-success= health-startup-timeout= \
    health-timeout= m.memory= memory-reservation= memory-swap= memory-swappiness= no-healthcheck pids-limit= \
    restart=\n\
wait r condition= ignore i.interval= l.latest";

/// `podman image`.
pub(super) const IMAGE: &str = "\
build m add-host= all-platforms annotation= arch= authfile= build-arg= build-arg-file= build-context= \
    cache-from= cache-to= cache-ttl= cap-add= cap-drop= cert-dir= cgroup-parent= cgroupns= compat-volumes \
    compress cpp-flag= cpu-period= cpu-quota= c.cpu-shares= cpuset-cpus= cpuset-mems= creds= cw= \
    decryption-key= device= D.disable-compression disable-content-trust dns= dns-option= dns-search= env= \
    f.file= force-rm format= from= group-add= hooks-dir= http-proxy identity-label ignorefile= iidfile= ipc= \
    isolation= jobs= label= layer-label= layers logfile= logsplit manifest= m.memory= memory-swap= network= \
    no-cache no-hostname no-hosts omit-history os= os-feature= os-version= o.output= pid= platform= pull? \
    q.quiet retry= retry-delay= rm runtime= runtime-flag= sbom= sbom-image-output= sbom-image-purl-output= \
    sbom-merge-strategy= sbom-output= sbom-purl-output= sbom-scanner-command= sbom-scanner-image= secret= \
    security-opt= shm-size= sign-by= skip-unused-stages squash squash-all ssh= stdin t.tag= target= \
    timestamp= tls-verify ulimit= unsetenv= unsetlabel= userns= userns-gid-map= userns-gid-map-group= \
    userns-uid-map= userns-uid-map-user= uts= variant= v.volume=\n\
diff r format= l.latest\n\
exists r\n\
history r format= H.human no-trunc q.quiet\n\
import m arch= c.change= m.message= os= q.quiet variant=\n\
inspect r f.format= l.latest s.size t.type=\n\
list r a.all digests f.filter= format= history no-trunc n.noheading q.quiet sort=\n\
load m i.input= q.quiet\n\
ls =image list\n\
mount m a.all format= l.latest no-trunc\n\
prune m a.all build-cache external filter= f.force\n\
pull m a.all-tags arch= authfile= cert-dir= creds= decryption-key= disable-content-trust os= platform= \
    q.quiet retry= retry-delay= tls-verify variant=\n\
push m authfile= cert-dir= compress compression-format= compression-level= creds= digestfile= \
    disable-content-trust encrypt-layer= encryption-key= force-compression f.format= q.quiet \
    remove-signatures retry= retry-delay= sign-by= sign-by-sigstore= sign-by-sigstore-private-key= \
    sign-passphrase-file= tls-verify\n\
rm m? a.all f.force i.ignore no-prune\n\
save r compress format= m.multi-image-archive o.output= q.quiet uncompressed\n\
scp m q.quiet\n\
search r authfile= cert-dir= compatible creds= f.filter= format= limit= list-tags no-trunc tls-verify\n\
sign m a.all authfile= cert-dir= d.directory= sign-by=\n\
tag m\n\
tree r whatrequires\n\
trust g j.json n.noheading f.pubkeysfile= raw t.type=\n\
trust/set m f.pubkeysfile= t.type=\n\
trust/show r j.json n.noheading raw\n\
umount =image unmount\n\
unmount m a.all f.force l.latest\n\
untag m";

/// `podman volume`.
pub(super) const VOLUME: &str = "\
create m driver= ignore l.label= o.opt=\n\
exists r\n\
export r o.output=\n\
import m!\n\
inspect r a.all f.format=\n\
list =volume ls\n\
ls r f.filter= format= noheading q.quiet\n\
mount m\n\
prune x? filter= f.force\n\
reload m\n\
remove =volume rm\n\
rm x? a.all f.force t.time=\n\
unmount m";

/// `podman network`.
pub(super) const NETWORK: &str = "\
connect m alias= ip= ip6= mac-address=\n\
create m disable-dns dns= d.driver= gateway= ignore interface-name= internal ip-range= ipam-driver= ipv6 \
    label= o.opt= route= subnet=\n\
disconnect d? f.force\n\
exists r\n\
inspect r f.format=\n\
list =network ls\n\
ls r f.filter= format= no-trunc noheading q.quiet\n\
prune d? filter= f.force\n\
reload m a.all l.latest\n\
remove =network rm\n\
rm d? f.force t.time=\n\
update m dns-add dns-drop";

/// `podman pod`.
pub(super) const POD: &str = "\
clone m! blkio-weight= blkio-weight-device= cgroup-parent= c.cpu-shares= cpus= cpuset-cpus= cpuset-mems= \
    destroy device= device-read-bps= device-write-bps= gidmap= gpus= h.hostname= infra-command= \
    infra-conmon-pidfile= infra-name= l.label= label-file= m.memory= memory-swap= n.name= pid= restart= \
    security-opt= shm-size= shm-size-systemd= start subgidname= subuidname= sysctl= uidmap= userns= uts= \
    v.volume= volumes-from=\n\
create m/ add-host= blkio-weight= blkio-weight-device= cgroup-parent= c.cpu-shares= cpus= cpuset-cpus= \
    cpuset-mems= device= device-read-bps= device-write-bps= dns= dns-option= dns-search= exit-policy= \
    gidmap= gpus= h.hostname= hosts-file= infra infra-command= infra-conmon-pidfile= infra-image= \
    infra-name= ip= ip6= l.label= label-file= mac-address= m.memory= memory-swap= n.name= network= \
    network-alias= no-hostname no-hosts pid= pod-id-file= p.publish= replace restart= security-opt= share= \
    share-parent shm-size= shm-size-systemd= subgidname= subuidname= sysctl= uidmap= userns= uts= v.volume= \
    volumes-from=\n\
exists r\n\
inspect r f.format= l.latest\n\
kill d? a.all l.latest s.signal=\n\
list =pod ps\n\
logs r/ color c.container= f.follow l.latest n.names since= tail= t.timestamps until=\n\
ls =pod ps\n\
pause d? a.all l.latest\n\
prune x? f.force\n\
ps r ctr-ids ctr-names ctr-status f.filter= format= l.latest namespace no-trunc noheading ns q.quiet \
    sort=\n\
restart d? a.all l.latest\n\
rm x? a.all f.force i.ignore l.latest pod-id-file= t.time=\n\
start m! a.all l.latest pod-id-file=\n\
stats r a.all format= l.latest no-reset no-stream\n\
stop d? a.all i.ignore l.latest pod-id-file= t.time=\n\
top r/ l.latest\n\
unpause m a.all l.latest";

/// `podman kube`.
pub(super) const KUBE: &str = "\
apply m! ca-cert-file= f.file= k.kubeconfig= ns= s.service\n\
down d? force\n\
generate r f.filename= podman-only r.replicas= s.service t.type=\n\
play m!? annotation= authfile= build cert-dir= configmap= context-dir= creds= down force ip= log-driver= \
    log-opt= mac-address= network= no-hostname no-hosts publish= publish-all q.quiet replace \
    seccomp-profile-root= start tls-verify userns= w.wait";

/// `podman system`.
pub(super) const SYSTEM: &str = "\
check r? f.force m.max= q.quick r.repair\n\
connection g\n\
connection/add m d.default identity= p.port= socket-path=\n\
connection/default m\n\
connection/list r f.format= q.quiet\n\
connection/ls =system connection/list\n\
connection/mv =system connection/rename\n\
connection/remove d? a.all\n\
connection/rename m\n\
connection/rm =system connection/remove\n\
df r format= v.verbose\n\
dial-stdio r\n\
events r f.filter= format= no-trunc since= stream until=\n\
info r f.format=\n\
migrate d? new-runtime=\n\
prune x? a.all build external filter= f.force volumes\n\
renumber d?\n\
reset x? f.force\n\
service m cors= t.time=";

/// `podman secret`.
pub(super) const SECRET: &str = "\
create m? d.driver= driver-opts= env l.label= replace=\n\
exists r\n\
inspect r f.format= pretty showsecret\n\
list =secret ls\n\
ls r f.filter= format= noheading q.quiet\n\
rm x? a.all i.ignore";

/// `podman manifest`.
pub(super) const MANIFEST: &str = "\
add m all annotation= arch= artifact artifact-config= artifact-config-type= artifact-exclude-titles \
    artifact-layer-type= artifact-subject= artifact-type= authfile= cert-dir= creds= features= os= \
    os-version= tls-verify variant=\n\
annotate m annotation= arch= features= index os= os-features= os-version= subject= variant=\n\
create m all a.amend annotation= tls-verify\n\
exists r\n\
inspect r authfile= tls-verify\n\
push m add-compression= all authfile= cert-dir= compression-format= compression-level= creds= \
    digestfile= force-compression f.format= q.quiet remove-signatures rm sign-by= sign-by-sigstore= \
    sign-by-sigstore-private-key= sign-passphrase-file= tls-verify\n\
remove m\n\
rm m i.ignore";

/// `podman machine`.
pub(super) const MACHINE: &str = "\
info r f.format=\n\
init m cpus= disk-size= ignition-path= image image-path= m.memory= now playbook rootful timezone= usb= \
    user-mode-networking username= v.volume= volume-driver=\n\
inspect r format=\n\
list r all-providers format= noheading q.quiet\n\
ls =machine list\n\
os g\n\
os/apply d? restart\n\
reset x? f.force\n\
rm x? f.force save-ignition save-image save-keys\n\
set m cpus= disk-size= m.memory= rootful usb= user-mode-networking\n\
ssh d/ username=\n\
start m no-info q.quiet\n\
stop d?";

/// `podman artifact`.
pub(super) const ARTIFACT: &str = "\
add m annotation= type\n\
inspect r\n\
list =artifact ls\n\
ls r format no-trunc n.noheading\n\
pull m authfile= cert-dir= creds= decryption-key= q.quiet retry= retry-delay= tls-verify\n\
push m authfile= cert-dir= creds= digestfile= q.quiet retry= retry-delay= sign-by= sign-by-sigstore= \
    sign-by-sigstore-private-key= sign-passphrase-file= tls-verify\n\
remove =artifact rm\n\
rm m";

/// `podman farm`.
pub(super) const FARM: &str = "\
build m add-host= annotation= authfile= build-arg= build-arg-file= build-context= cache-from= cache-to= \
    cache-ttl cap-add= cap-drop= cert-dir= cgroup-parent= cgroupns= cleanup compat-volumes cpp-flag= \
    cpu-period= cpu-quota= c.cpu-shares= cpuset-cpus= cpuset-mems= creds= decryption-key= device= \
    D.disable-compression dns= dns-option= dns-search= env= farm f.file= force-rm format from group-add= \
    hooks-dir= http-proxy identity-label ignorefile iidfile= ipc= isolation= jobs= label= layer-label= \
    layers l.local logfile= m.memory= memory-swap= network= no-cache no-hostname no-hosts omit-history \
    os-feature= os-version= pid= platforms= pull= q.quiet retry= retry-delay= rm runtime= runtime-flag= \
    sbom= sbom-image-output= sbom-image-purl-output= sbom-merge-strategy= sbom-output= sbom-purl-output= \
    sbom-scanner-command= sbom-scanner-image= secret= security-opt= shm-size= skip-unused-stages squash \
    squash-all ssh= t.tag= target= timestamp= tls-verify ulimit= unsetenv= unsetlabel= userns= \
    userns-gid-map= userns-gid-map-group= userns-uid-map= userns-uid-map-user= uts= v.volume=\n\
create m\n\
list r format=\n\
ls =farm list\n\
remove d a.all\n\
rm =farm remove\n\
update m a.add d.default r.remove";

/// `podman generate`.
pub(super) const GENERATE: &str = "\
kube =kube generate\n\
spec r c.compact f.filename= n.name\n\
systemd r after= container-prefix= e.env= f.files format= n.name new no-header pod-prefix= requires= \
    restart-policy= restart-sec= separator= start-timeout= stop-timeout= template wants=";

/// `podman healthcheck`.
pub(super) const HEALTHCHECK: &str = "\
run m";

/// `podman play`.
pub(super) const PLAY: &str = "\
kube =kube play";

/// `podman buildx`, for those who are used to it: `cmd/podman/images/buildx.go`.
pub(super) const BUILDX: &str = "\
build =image build\n\
prune =image prune\n\
version r";

/// `podman quadlet`, from podman 5.6 on: podman-quadlet(1).
pub(super) const QUADLET: &str = "\
install m *\n\
list r *\n\
ls =quadlet list\n\
print r *\n\
rm d *";
