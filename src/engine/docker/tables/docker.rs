//! The docker CLI's commands: docker/cli v28.2.2, `docker COMMAND --help` and, for what it hides, the sources under
//! `cli/command`. `tests/real/docker_table.rs` holds them against the real CLI.

/// Flags before a command, `cli/flags/options.go`.
pub(super) const GLOBALS: &str = "\
config= c.context= D.debug H.host= l.log-level= tls tlscacert= tlscert= tlskey= tlsverify v.version";

/// Commands without a group, and the short names of others.
pub(super) const TOP: &str = "\
attach =container attach\n\
build =image build\n\
commit =container commit\n\
cp =container cp\n\
create =container create\n\
diff =container diff\n\
events =system events\n\
exec =container exec\n\
export =container export\n\
history =image history\n\
images =image ls\n\
import =image import\n\
info =system info\n\
inspect r f.format= s.size type=\n\
kill =container kill\n\
load =image load\n\
login m p.password= password-stdin u.username=\n\
logout m\n\
logs =container logs\n\
pause =container pause\n\
port =container port\n\
ps =container ls\n\
pull =image pull\n\
push =image push\n\
rename =container rename\n\
restart =container restart\n\
rm =container rm\n\
rmi =image rm\n\
run =container run\n\
save =image save\n\
search r f.filter= format= limit= no-trunc\n\
start =container start\n\
stats =container stats\n\
stop =container stop\n\
tag =image tag\n\
top =container top\n\
unpause =container unpause\n\
update =container update\n\
version r f.format=\n\
wait =container wait";

/// `docker container`.
pub(super) const CONTAINER: &str = "\
attach m? detach-keys= no-stdin sig-proxy\n\
commit m/ a.author= c.change= m.message= p.pause\n\
cp c a.archive L.follow-link q.quiet\n\
create m!/ +run\n\
diff r\n\
exec e/ d.detach detach-keys= e.env= env-file= i.interactive privileged t.tty u.user= w.workdir=\n\
export r o.output=\n\
inspect r f.format= s.size\n\
kill d? s.signal=\n\
list =container ls\n\
logs r details f.follow since= n.tail= t.timestamps until=\n\
ls r a.all f.filter= format= n.last= l.latest no-trunc q.quiet s.size\n\
pause d?\n\
port r\n\
prune x? filter= f.force\n\
ps =container ls\n\
remove =container rm\n\
rename m\n\
restart d? s.signal= time= t.timeout=\n\
rm d? f.force l.link v.volumes\n\
run m!/ add-host= annotation= a.attach= blkio-weight= blkio-weight-device= cap-add= cap-drop= \
    cgroup-parent= cgroupns= cidfile= cpu-count= cpu-percent= cpu-period= cpu-quota= cpu-rt-period= \
    cpu-rt-runtime= c.cpu-shares= cpus= cpuset-cpus= cpuset-mems= d.detach detach-keys= device= \
    device-cgroup-rule= device-read-bps= device-read-iops= device-write-bps= device-write-iops= \
    disable-content-trust dns= dns-opt= dns-option= dns-search= domainname= entrypoint= e.env= env-file= \
    expose= gpus= group-add= health-cmd= health-interval= health-retries= health-start-interval= \
    health-start-period= health-timeout= h.hostname= init i.interactive io-maxbandwidth= io-maxiops= ip= \
    ip6= ipc= isolation= kernel-memory= l.label= label-file= link= link-local-ip= log-driver= log-opt= \
    mac-address= m.memory= memory-reservation= memory-swap= memory-swappiness= mount= name= net= net-alias= \
    network= network-alias= no-healthcheck oom-kill-disable oom-score-adj= pid= pids-limit= platform= \
    privileged p.publish= P.publish-all pull= q.quiet read-only restart= rm runtime= security-opt= shm-size= \
    sig-proxy stop-signal= stop-timeout= storage-opt= sysctl= tmpfs= t.tty ulimit= use-api-socket u.user= \
    userns= uts= v.volume= volume-driver= volumes-from= w.workdir=\n\
start m! a.attach checkpoint= checkpoint-dir= detach-keys= i.interactive\n\
stats r a.all format= no-stream no-trunc\n\
stop d? s.signal= time= t.timeout=\n\
top r/\n\
unpause m\n\
update d? blkio-weight= cpu-period= cpu-quota= cpu-rt-period= cpu-rt-runtime= c.cpu-shares= cpus= \
    cpuset-cpus= cpuset-mems= kernel-memory= m.memory= memory-reservation= memory-swap= pids-limit= restart=\n\
wait r";

/// `docker image`.
pub(super) const IMAGE: &str = "\
build m add-host= build-arg= cache-from= cgroup-parent= compress cpu-period= cpu-quota= c.cpu-shares= \
    cpuset-cpus= cpuset-mems= disable-content-trust f.file= force-rm iidfile= isolation= label= m.memory= \
    memory-swap= network= no-cache platform= pull q.quiet rm security-opt= shm-size= squash t.tag= target= \
    ulimit=\n\
history r format= H.human no-trunc platform= q.quiet\n\
import m c.change= m.message= platform=\n\
inspect r f.format= platform=\n\
list =image ls\n\
load m i.input= platform= q.quiet\n\
ls r a.all digests f.filter= format= no-trunc q.quiet tree\n\
prune m a.all filter= f.force\n\
pull m a.all-tags disable-content-trust platform= q.quiet\n\
push m a.all-tags disable-content-trust platform= q.quiet\n\
remove =image rm\n\
rm m f.force no-prune platform=\n\
save r o.output= platform=\n\
tag m/";

/// `docker volume`.
pub(super) const VOLUME: &str = "\
create m availability= d.driver= group= label= limit-bytes= o.opt= required-bytes= scope= secret= \
    sharing= topology-preferred= topology-required= type=\n\
inspect r f.format=\n\
list =volume ls\n\
ls r cluster f.filter= format= q.quiet\n\
prune x? a.all filter= f.force\n\
remove =volume rm\n\
rm x? f.force\n\
update m availability=";

/// `docker network`.
pub(super) const NETWORK: &str = "\
connect m alias= driver-opt= gw-priority= ip= ip6= link= link-local-ip=\n\
create m attachable aux-address= config-from= config-only d.driver= gateway= ingress internal ip-range= \
    ipam-driver= ipam-opt= ipv4 ipv6 label= o.opt= scope= subnet=\n\
disconnect d? f.force\n\
inspect r f.format= v.verbose\n\
list =network ls\n\
ls r f.filter= format= no-trunc q.quiet\n\
prune d? filter= f.force\n\
remove =network rm\n\
rm d? f.force";

/// `docker system`.
pub(super) const SYSTEM: &str = "\
df r format= v.verbose\n\
dial-stdio r\n\
events r f.filter= format= since= until=\n\
info r f.format=\n\
prune x? a.all filter= f.force volumes";

/// `docker builder`.
pub(super) const BUILDER: &str = "\
build =image build\n\
prune m a.all filter= f.force keep-storage=";

/// `docker config`.
pub(super) const CONFIG: &str = "\
create m l.label= template-driver=\n\
inspect r f.format= pretty\n\
list =config ls\n\
ls r f.filter= format= q.quiet\n\
remove =config rm\n\
rm x?";

/// `docker secret`.
pub(super) const SECRET: &str = "\
create m d.driver= l.label= template-driver=\n\
inspect r f.format= pretty\n\
list =secret ls\n\
ls r f.filter= format= q.quiet\n\
remove =secret rm\n\
rm x?";

/// `docker context`.
pub(super) const CONTEXT: &str = "\
create m description= docker= from=\n\
export r\n\
import m\n\
inspect r f.format=\n\
list =context ls\n\
ls r format= q.quiet\n\
remove =context rm\n\
rm d? f.force\n\
show r\n\
update m description= docker=\n\
use m";

/// `docker manifest`.
pub(super) const MANIFEST: &str = "\
annotate m arch= os= os-features= os-version= variant=\n\
create m a.amend insecure\n\
inspect r insecure v.verbose\n\
push m insecure p.purge\n\
rm m";

/// `docker node`.
pub(super) const NODE: &str = "\
demote d?\n\
inspect r f.format= pretty\n\
list =node ls\n\
ls r f.filter= format= q.quiet\n\
promote m\n\
ps r f.filter= format= no-resolve no-trunc q.quiet\n\
remove =node rm\n\
rm d? f.force\n\
update m? availability= label-add= label-rm= role=";

/// `docker plugin`.
pub(super) const PLUGIN: &str = "\
create m compress\n\
disable d? f.force\n\
enable m timeout=\n\
inspect r f.format=\n\
install m alias= disable disable-content-trust grant-all-permissions\n\
list =plugin ls\n\
ls r f.filter= format= no-trunc q.quiet\n\
push m disable-content-trust\n\
remove =plugin rm\n\
rm x? f.force\n\
set m\n\
upgrade m disable-content-trust grant-all-permissions skip-remote-check";

/// `docker service`.
pub(super) const SERVICE: &str = "\
create m!/ cap-add= cap-drop= config= constraint= container-label= credential-spec= d.detach dns= \
    dns-option= dns-search= endpoint-mode= entrypoint= e.env= env-file= generic-resource= group= health-cmd= \
    health-interval= health-retries= health-start-interval= health-start-period= health-timeout= host= \
    hostname= init isolation= l.label= limit-cpu= limit-memory= limit-pids= log-driver= log-opt= \
    max-concurrent= mode= mount= name= network= no-healthcheck no-resolve-image oom-score-adj= \
    placement-pref= p.publish= q.quiet read-only replicas= replicas-max-per-node= reserve-cpu= \
    reserve-memory= restart-condition= restart-delay= restart-max-attempts= restart-window= rollback-delay= \
    rollback-failure-action= rollback-max-failure-ratio= rollback-monitor= rollback-order= \
    rollback-parallelism= secret= stop-grace-period= stop-signal= sysctl= t.tty ulimit= update-delay= \
    update-failure-action= update-max-failure-ratio= update-monitor= update-order= update-parallelism= \
    u.user= with-registry-auth w.workdir=\n\
inspect r f.format= pretty\n\
list =service ls\n\
logs r details f.follow no-resolve no-task-ids no-trunc raw since= n.tail= t.timestamps\n\
ls r f.filter= format= q.quiet\n\
ps r f.filter= format= no-resolve no-trunc q.quiet\n\
remove =service rm\n\
rm x?\n\
rollback d? d.detach q.quiet\n\
scale d? d.detach\n\
update m!? args= cap-add= cap-drop= config-add= config-rm= constraint-add= constraint-rm= \
    container-label-add= container-label-rm= credential-spec= d.detach dns-add= dns-option-add= \
    dns-option-rm= dns-rm= dns-search-add= dns-search-rm= endpoint-mode= entrypoint= env-add= env-rm= force \
    generic-resource-add= generic-resource-rm= group-add= group-rm= health-cmd= health-interval= \
    health-retries= health-start-interval= health-start-period= health-timeout= host-add= host-rm= hostname= \
    image= init isolation= label-add= label-rm= limit-cpu= limit-memory= limit-pids= log-driver= log-opt= \
    max-concurrent= mount-add= mount-rm= network-add= network-rm= no-healthcheck no-resolve-image \
    oom-score-adj= placement-pref-add= placement-pref-rm= publish-add= publish-rm= q.quiet read-only \
    replicas= replicas-max-per-node= reserve-cpu= reserve-memory= restart-condition= restart-delay= \
    restart-max-attempts= restart-window= rollback rollback-delay= rollback-failure-action= \
    rollback-max-failure-ratio= rollback-monitor= rollback-order= rollback-parallelism= secret-add= \
    secret-rm= stop-grace-period= stop-signal= sysctl-add= sysctl-rm= t.tty ulimit-add= ulimit-rm= \
    update-delay= update-failure-action= update-max-failure-ratio= update-monitor= update-order= \
    update-parallelism= u.user= with-registry-auth w.workdir=";

/// `docker stack`.
pub(super) const STACK: &str = "\
config r c.compose-file= skip-interpolation\n\
deploy m!? c.compose-file= d.detach prune q.quiet resolve-image= with-registry-auth\n\
down =stack rm\n\
list =stack ls\n\
ls r format=\n\
ps r f.filter= format= no-resolve no-trunc q.quiet\n\
remove =stack rm\n\
rm x? d.detach\n\
services r f.filter= format= q.quiet\n\
up =stack deploy";

/// `docker swarm`.
pub(super) const SWARM: &str = "\
ca r? ca-cert= ca-key= cert-expiry= d.detach external-ca= q.quiet rotate\n\
init m? advertise-addr= autolock availability= cert-expiry= data-path-addr= data-path-port= \
    default-addr-pool= default-addr-pool-mask-length= dispatcher-heartbeat= external-ca= force-new-cluster \
    listen-addr= max-snapshots= snapshot-interval= task-history-limit=\n\
join m advertise-addr= availability= data-path-addr= listen-addr= token=\n\
join-token r? q.quiet rotate\n\
leave d? f.force\n\
unlock m\n\
unlock-key r? q.quiet rotate\n\
update m autolock cert-expiry= dispatcher-heartbeat= external-ca= max-snapshots= snapshot-interval= \
    task-history-limit=";

/// `docker trust`.
pub(super) const TRUST: &str = "\
inspect r pretty\n\
key g\n\
key/generate m dir=\n\
key/load m name=\n\
revoke x? y.yes\n\
sign m local\n\
signer g\n\
signer/add m key=\n\
signer/remove d? f.force";

/// `docker checkpoint`.
pub(super) const CHECKPOINT: &str = "\
create m? checkpoint-dir= leave-running\n\
list =checkpoint ls\n\
ls r checkpoint-dir=\n\
remove =checkpoint rm\n\
rm x? checkpoint-dir=";

/// `docker buildx`, a plugin that comes with the CLI; docker/buildx, `docs/reference`. Whatever flags a command has, its effect
/// is the same.
pub(super) const BUILDX: &str = "\
bake m *\n\
build m *\n\
create m *\n\
dial-stdio r *\n\
du r *\n\
history g\n\
history/export r *\n\
history/import m *\n\
history/inspect r *\n\
history/logs r *\n\
history/ls r *\n\
history/rm m *\n\
imagetools g\n\
imagetools/create m *\n\
imagetools/inspect r *\n\
inspect m *\n\
install m *\n\
ls r *\n\
prune m *\n\
rm d *\n\
stop d *\n\
uninstall m *\n\
use m *\n\
version r *";
