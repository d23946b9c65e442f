#!/bin/sh
# Checks everything that has to be on the machine before corsproof's packages and
# servers are installed, and says at once all that is missing. What is installed
# here, by apt-get and only for root, is Chromium, and what root alone can use:
# iproute2 and nftables. Changes nothing and needs no network if all is there.
#
# Exit codes: 0 all there, 2 something is missing (or unsuitable).
set -u

go_least=1.26
node_least='20.19, or 22.12 and newer'
python_least=3.11

packages='' # what Debian has in the needed version
notes=''    # what it hasn't
line_break='
'

package() { # package NAMES: a line for apt-get
	packages="$packages $*"
}
note() { # note TEXT: a line for a person
	notes="$notes  $1$line_break"
}
have() { command -v "$1" >/dev/null 2>&1; }

# at_least VERSION MAJOR MINOR: compares the first two numbers of VERSION.
at_least() {
	major=${1%%.*}
	rest=${1#*.}
	minor=${rest%%[!0-9]*}
	case "$major$minor" in '' | *[!0-9]*) return 1 ;; esac
	[ "$major" -gt "$2" ] || { [ "$major" -eq "$2" ] && [ "${minor:-0}" -ge "$3" ]; }
}

check_go() {
	if ! have go; then
		note "Go $go_least or newer: get it from https://go.dev/dl"
		return
	fi
	# In /, so that no go.mod makes it fetch another Go.
	version=$(cd / && GOTOOLCHAIN=local go env GOVERSION 2>/dev/null)
	at_least "${version#go}" 1 26 ||
		note "Go $go_least or newer: $(command -v go) is ${version:-of unknown version}; get it from https://go.dev/dl"
}

check_node() {
	node=${CORSPROOF_NODE:-node}
	if ! have "$node"; then
		note "Node.js $node_least, with npm: get it from https://nodejs.org (or name one in CORSPROOF_NODE)"
		return
	fi
	version=$("$node" -p process.versions.node 2>/dev/null)
	case "$version" in
	20.*) at_least "$version" 20 19 ;;
	21.*) false ;;
	*) at_least "$version" 22 12 ;;
	esac || note "Node.js $node_least: $(command -v "$node") is ${version:-of unknown version}; get it from https://nodejs.org (or name one in CORSPROOF_NODE)"
	beside=$("$node" -p 'require("path").dirname(process.execPath)' 2>/dev/null)/npm
	[ -x "$beside" ] || have npm || note 'npm: it comes with Node.js from https://nodejs.org'
}

check_python() {
	python=${CORSPROOF_PYTHON:-python3}
	if ! have "$python"; then
		package python3 python3-venv
	elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
		note "Python $python_least or newer: $(command -v "$python") is $("$python" -c 'import sys; print(sys.version.split()[0])' 2>/dev/null || echo of unknown version); name another one in CORSPROOF_PYTHON"
	elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
		package python3-venv
	fi
}

# go test -race needs a C compiler with a C library's headers.
check_compiler() {
	printf '#include <stdlib.h>\n#include <pthread.h>\nint main(void) { return 0; }\n' |
		${CC:-gcc} -x c -c -o /dev/null - 2>/dev/null || package gcc libc6-dev
}

# The places where Go looks for certificate authorities.
check_authorities() {
	for file in ${SSL_CERT_FILE:-} /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt \
		/etc/ssl/ca-bundle.pem /etc/pki/tls/cacert.pem /etc/ssl/cert.pem; do
		[ -s "$file" ] && return
	done
	package ca-certificates
}

# The same names as harness/browser looks for.
find_chromium() {
	if [ -n "${CORSPROOF_CHROMIUM:-}" ]; then
		have "$CORSPROOF_CHROMIUM"
		return
	fi
	for name in google-chrome-stable google-chrome chrome chromium chromium-browser microsoft-edge-stable \
		microsoft-edge chrome-headless-shell headless_shell headless-shell; do
		have "$name" && return
	done
	return 1
}

check_go
check_node
check_python
check_compiler
check_authorities
have make || package make
have curl || package curl

chromium=there
if ! find_chromium; then
	chromium=missing
	if [ -n "${CORSPROOF_CHROMIUM:-}" ]; then
		note "Chromium: CORSPROOF_CHROMIUM says $CORSPROOF_CHROMIUM, which is no program; correct it or unset it"
	elif ! have apt-get; then
		note 'Chromium, Chrome or Edge: install one (or name one in CORSPROOF_CHROMIUM)'
	elif [ "$(id -u)" -ne 0 ]; then
		package chromium
	elif [ -n "$packages$notes" ]; then
		package chromium # one line for all of it
	fi
fi

if [ -n "$packages$notes" ]; then
	{
		echo 'corsproof: missing on this machine:'
		[ -z "$notes" ] || printf '%s' "$notes"
		if [ -n "$packages" ] && have apt-get; then
			sudo='sudo '
			[ "$(id -u)" -ne 0 ] || sudo=''
			echo "  ${sudo}apt-get update && ${sudo}apt-get install --no-install-recommends$packages"
		elif [ -n "$packages" ]; then
			echo "  with your package manager, what Debian calls:$packages"
		fi
		echo 'Install it and run this again; nothing has been changed.'
	} >&2
	exit 2
fi

# What root makes networks with. Without it some scenarios say that they were not
# run.
tools=''
if [ "$(id -u)" -eq 0 ] && have apt-get; then
	have ip || tools="$tools iproute2"
	have nft || tools="$tools nftables"
fi
wanted=${tools# }
[ "$chromium" = there ] || wanted="chromium$tools"
[ -n "$wanted" ] || exit 0

# shellcheck disable=SC2086 # names of packages
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $wanted; }
echo "corsproof: apt-get install --no-install-recommends $wanted"
# shellcheck disable=SC2086
if ! apt-cache show $wanted >/dev/null 2>&1 || ! install; then
	# No package lists yet, or old ones.
	apt-get update -q && install
fi
if ! find_chromium; then
	{
		echo 'corsproof: apt-get installed no Chromium. Install Chrome, Chromium or Edge yourself, or name one in'
		echo 'CORSPROOF_CHROMIUM, and run this again.'
	} >&2
	exit 2
fi
if [ -n "$tools" ] && ! { have ip && have nft; }; then
	echo "corsproof: apt-get installed no$tools: the scenarios on networks will not be run" >&2
fi
