//! The commands of Compose: docker/compose v2.40.0, `docs/reference/*.yaml` and, for what these leave out, the sources under
//! `cmd/compose`; and what docker-compose 1.29.2 had besides (`compose/cli/main.py`).

/// Flags before a command, `cmd/compose/compose.go`. `--dry-run` may stand behind it, too.
pub(super) const GLOBALS: &str = "\
all-resources ansi= compatibility dry-run env-file= f.file= no-ansi parallel= profile= progress= \
    project-directory= p.project-name= verbose v.version workdir=";

/// Flags that every command takes.
pub(super) const PERSISTENT: &str = "\
dry-run";

/// What stands before a command of `docker-compose` besides: version 2 hands these to docker (`cmd/compatibility/convert.go`),
/// version 1 has them itself.
pub(super) const STANDALONE: &str = "\
c.context= D.debug H.host= log-level= skip-hostname-check tls tlscacert= tlscert= tlskey= tlsverify";

/// Commands of Compose v2.
pub(super) const COMPOSE: &str = "\
alpha g\n\
alpha/dry-run r\n\
alpha/generate r format= name= project-dir=\n\
alpha/publish m app oci-version= resolve-image-digests with-env y.yes\n\
alpha/scale m!? no-deps\n\
alpha/viz r image indentation-size= networks ports spaces\n\
alpha/watch m! no-up quiet\n\
attach m? detach-keys= index= no-stdin sig-proxy\n\
bridge g\n\
bridge/convert m o.output= templates= t.transformation=\n\
bridge/transformations g\n\
bridge/transformations/create m f.from=\n\
bridge/transformations/list r format= q.quiet\n\
bridge/transformations/ls =compose bridge/transformations/list\n\
build m build-arg= builder= check compress force-rm m.memory= no-cache no-rm parallel print progress= \
    provenance= pull push q.quiet sbom= ssh= with-dependencies\n\
commit m a.author= c.change= index= m.message= p.pause\n\
config r environment format= hash= images lock-image-digests models networks no-consistency \
    no-env-resolution no-interpolate no-normalize no-path-resolution o.output= profiles q.quiet \
    resolve-image-digests services variables volumes\n\
convert r format= hash= images no-consistency no-interpolate no-normalize o.output= profiles q.quiet \
    resolve-image-digests services volumes\n\
cp c all a.archive L.follow-link index=\n\
create m!? build force-recreate no-build no-recreate pull= quiet-pull remove-orphans scale= y.yes\n\
down d? remove-orphans rmi= t.timeout= v.volumes\n\
events r json since= until=\n\
exec e/ d.detach e.env= index= i.interactive T.no-tty privileged t.tty u.user= w.workdir=\n\
export r index= o.output=\n\
images r format= q.quiet\n\
kill d? remove-orphans s.signal=\n\
logs r f.follow index= no-color no-log-prefix since= n.tail= t.timestamps until=\n\
ls r a.all filter= format= q.quiet\n\
pause d?\n\
port r index= protocol=\n\
ps r a.all filter= format= no-trunc orphans q.quiet services status=\n\
publish m app oci-version= resolve-image-digests with-env y.yes\n\
pull m ignore-buildable ignore-pull-failures include-deps no-parallel parallel policy= q.quiet\n\
push m ignore-push-failures include-deps q.quiet\n\
restart d? no-deps t.timeout=\n\
rm d? a.all f.force s.stop v.volumes\n\
run m!/? build cap-add= cap-drop= d.detach entrypoint= e.env= env-from-file= i.interactive l.label= \
    name= T.no-TTY no-deps p.publish= pull= q.quiet quiet-build quiet-pull remove-orphans rm P.service-ports \
    t.tty use-aliases u.user= v.volume= w.workdir=\n\
scale m!? no-deps t.timeout=\n\
start m!\n\
stats r a.all format= no-stream no-trunc\n\
stop d? t.timeout=\n\
top r\n\
unpause m\n\
up m!? abort-on-container-exit abort-on-container-failure always-recreate-deps attach= \
    attach-dependencies build d.detach exit-code-from= force-recreate menu no-attach= no-build no-color \
    no-deps no-log-prefix no-recreate no-start pull= quiet-build quiet-pull remove-orphans \
    V.renew-anon-volumes scale= t.timeout= timestamps wait wait-timeout= w.watch y.yes\n\
version r f.format= short\n\
volumes r format= q.quiet\n\
wait r? down-project\n\
watch m! no-up prune quiet";
