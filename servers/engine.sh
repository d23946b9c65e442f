#!/bin/sh
# Gets what the scenarios in containers take, where no Docker Engine answers: as
# root on Debian, dockerd, which they start for themselves, and debootstrap, which
# makes their base image. Installs both by apt-get, and starts no service. Where
# it can't, it changes nothing: the scenarios say what is missing. Needs no
# network if all is there.
#
# Exit codes: 0 nothing more to be had here, 2 apt-get failed.
set -u

have() { command -v "$1" >/dev/null 2>&1; }

[ "$(id -u)" -eq 0 ] && have apt-get || exit 0
[ -z "${DOCKER_HOST:-}" ] || exit 0
! curl --silent --max-time 2 --unix-socket /var/run/docker.sock --output /dev/null http://docker/_ping 2>/dev/null || exit 0

packages=''
have dockerd || packages="$packages docker.io"
have debootstrap || packages="$packages debootstrap debian-archive-keyring"
[ -n "$packages" ] || exit 0

# The packages start an engine of their own unless a policy forbids it
# (invoke-rc.d(8)). Ours holds as long as this process lives. Tests have it
# elsewhere.
policy=${CORSPROOF_POLICY:-/usr/sbin/policy-rc.d}
if [ ! -e "$policy" ] || grep -q corsproof "$policy"; then
	trap 'rm -f "$policy"' EXIT
	trap 'exit 2' HUP INT TERM
	cat >"$policy" <<EOF
#!/bin/sh
# Made by corsproof's set-up, process $$; of no effect once that has ended.
case \$1 in docker | docker.* | containerd | containerd.*) ! kill -0 $$ 2>/dev/null || exit 101 ;; esac
exit 0
EOF
	chmod 755 "$policy"
fi

# shellcheck disable=SC2086 # names of packages
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages; }
echo "corsproof: apt-get install --no-install-recommends$packages"
# shellcheck disable=SC2086
if ! apt-cache show $packages >/dev/null 2>&1 || ! install; then
	# No package lists yet, or old ones.
	apt-get update -q && install
fi || {
	echo "corsproof: apt-get installed no$packages: the scenarios in containers will not be run" >&2
	exit 2
}
