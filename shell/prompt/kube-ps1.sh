# guard's name and colour for the cluster in kube-ps1, for bash and zsh: source this before kube-ps1.sh.
# kube-ps1 asks again when KUBECONFIG or the kubeconfig changes.

guard_cluster() {
    guard segment --format "${ZSH_VERSION:+zsh}${BASH_VERSION:+bash}" --without account --without host
}
KUBE_PS1_CLUSTER_FUNCTION=guard_cluster
# The namespace stands in guard's name already, and the colours are guard's.
KUBE_PS1_NS_ENABLE=false
KUBE_PS1_CTX_COLOR=
