package pasted

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/strict"
)

// A flag is one of curl's.
type flag struct {
	short byte // 0 for none
	long  string
	// takesValue says that the next word, or the rest of this one, is its value.
	takesValue bool
	// apply is what the flag does to the request; nil if it changes nothing.
	apply func(*curlLine, argument) *Error
	// refused says why a flag can't be followed; empty for those that can.
	refused string
}

// An argument is a flag as it is written, with its value.
type argument struct {
	flag *flag
	// spelled is how it is written, "-d" or "--data".
	spelled string
	value   string
	// at is the offset of the flag, valueAt that of the word that holds its value.
	at, valueAt int
	// off is set by the form --no-…, of flags without a value.
	off bool
}

// curlFlags are the flags of curl 8 that say something of an HTTP request, and
// those that people put beside them.
var curlFlags []flag

// ignoredFlags change nothing in what is sent to the server; those with a value
// have a colon at the end.
const ignoredFlags = `-#/--progress-bar -0/--http1.0 -1/--tlsv1 -2/--sslv2 -3/--sslv3 -4/--ipv4 -6/--ipv6 -C/--continue-at:
-D/--dump-header: -J/--remote-header-name -L/--location -M/--manual -N/--no-buffer -O/--remote-name -R/--remote-time
-S/--show-error -U/--proxy-user: -V/--version -Y/--speed-limit: -Z/--parallel -a/--append -c/--cookie-jar: -f/--fail
-i/--include -j/--junk-session-cookies -m/--max-time: -o/--output: -p/--proxytunnel -q/--disable -s/--silent
-v/--verbose -w/--write-out: -y/--speed-time: --alt-svc: --anyauth --basic --ca-native --capath: --cert-status --cert-type: --ciphers:
--compressed --connect-timeout: --create-dirs --crlfile: --curves: --digest --dns-servers: --doh-url: --expect100-timeout:
--fail-early --fail-with-body --false-start --happy-eyeballs-timeout-ms: --hsts: --http0.9 --http1.1 --http2
--http2-prior-knowledge --http3 --http3-only --interface: --keepalive-time: --key-type: --limit-rate: --local-port:
--location-trusted --max-filesize: --max-redirs: --negotiate --no-alpn --no-clobber --no-keepalive --no-npn
--no-progress-meter --no-sessionid --noproxy: --ntlm --output-dir: --parallel-immediate --parallel-max: --pass: --path-as-is
--pinnedpubkey: --post301 --post302 --post303 --progress-meter --proto: --proto-default: --proto-redir: --proxy-cacert: --proxy-cert: --proxy-header:
--proxy-insecure --proxy-key: --rate: --raw --remote-name-all --remove-on-error --retry: --retry-all-errors --retry-connrefused
--retry-delay: --retry-max-time: --ssl --ssl-no-revoke --ssl-reqd --ssl-revoke-best-effort --stderr: --styled-output
--suppress-connect-headers --tcp-fastopen --tcp-nodelay --tls-max: --tls13-ciphers: --tlsv1.0 --tlsv1.1 --tlsv1.2
--tlsv1.3 --tr-encoding --trace: --trace-ascii: --trace-config: --trace-ids --trace-time --xattr`

// refusedFlags would need a file, a program or another request.
var refusedFlags = []flag{
	{short: 'K', long: "config", takesValue: true, refused: "it names a file of flags, which is not read; write the flags in the line"},
	{short: 'T', long: "upload-file", takesValue: true, refused: "it names a file, which is not read; write the body behind --data-raw, with -X PUT"},
	{short: 'n', long: "netrc", refused: "it reads a file with passwords; write -u user:password, with any password"},
	{long: "netrc-optional", refused: "it reads a file with passwords; leave it out"},
	{long: "netrc-file", takesValue: true, refused: "it reads a file with passwords; write -u user:password, with any password"},
	{short: ':', long: "next", refused: "it begins a second request; paste one"},
	{short: 'z', long: "time-cond", takesValue: true, refused: "write the If-Modified-Since header that it makes"},
	{long: "aws-sigv4", takesValue: true, refused: "the signature can't be made here; write the headers that it makes"},
	{long: "etag-compare", takesValue: true, refused: "it names a file, which is not read; write the If-None-Match header"},
	{long: "request-target", takesValue: true, refused: "no browser sends a target other than the URL's"},
	{long: "unix-socket", takesValue: true, refused: "no browser connects through a socket file; leave it out to judge the request alone"},
	{long: "abstract-unix-socket", takesValue: true, refused: "no browser connects through a socket; leave it out to judge the request alone"},
	{long: "variable", takesValue: true, refused: "variables are not expanded; write their values"},
}

func init() {
	curlFlags = append(requestFlags(), refusedFlags...)
	for _, entry := range strings.Fields(ignoredFlags) {
		name, takesValue := strings.CutSuffix(entry, ":")
		var f flag
		if !strings.HasPrefix(name, "--") {
			f.short = name[1]
			name = name[len("-x/"):]
		}
		f.long, f.takesValue = name[len("--"):], takesValue
		curlFlags = append(curlFlags, f)
	}
}

func flagByShort(c byte) *flag {
	i := slices.IndexFunc(curlFlags, func(f flag) bool { return f.short == c && c != 0 })
	if i < 0 {
		return nil
	}
	return &curlFlags[i]
}

// flagByLong returns the flag of a long name; off is set for --no-… of one.
func flagByLong(name string) (f *flag, off bool) {
	find := func(name string) int {
		return slices.IndexFunc(curlFlags, func(f flag) bool { return f.long == name })
	}
	if i := find(name); i >= 0 {
		return &curlFlags[i], false
	}
	if plain, ok := strings.CutPrefix(name, "no-"); ok {
		if i := find(plain); i >= 0 && !curlFlags[i].takesValue {
			return &curlFlags[i], true
		}
	}
	return nil, false
}

// nearestFlag words the long flag that was probably meant, or nothing.
func nearestFlag(name string) string {
	known := make([]string, len(curlFlags))
	for i, f := range curlFlags {
		known[i] = f.long
	}
	// Of those that are alike, the one of about that length is meant.
	slices.SortStableFunc(known, func(a, b string) int { return distance(len(a), len(name)) - distance(len(b), len(name)) })
	suggestion := strict.Suggestion(name, known)
	return strings.Replace(suggestion, `"`, `"--`, 1)
}

func distance(a, b int) int { return max(a-b, b-a) }
