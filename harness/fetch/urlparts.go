package fetch

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseHost is the host parser, https://url.spec.whatwg.org/#concept-host-parser,
// for IPv6, canonical IPv4 and domains that need no IDNA. The result is
// serialized.
func parseHost(input string) (string, error) {
	if input[0] == '[' {
		if input[len(input)-1] != ']' {
			return "", ErrURLFailure
		}
		addr, err := netip.ParseAddr(input[1 : len(input)-1])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", ErrURLFailure
		}
		if addr.Is4In6() {
			return "", ErrURLUnsupported // its serialization differs from netip's
		}
		return "[" + addr.String() + "]", nil
	}
	domain := input
	if strings.IndexByte(input, '%') >= 0 {
		decoded := percentDecode(input)
		if !utf8.Valid(decoded) {
			return "", ErrURLFailure // U+FFFD, which is in no domain
		}
		domain = string(decoded)
	}
	plain := true
	for i := range len(domain) {
		c := domain[i]
		switch {
		case plainInHost[c]:
		case c == ' ' && domain != input:
			return "", ErrURLUnsupported // a failure, but Chromium has such hosts
		case forbiddenInHost[c]:
			return "", ErrURLFailure
		default:
			plain = false // what IDNA has a say in
		}
	}
	domain = byteLowercase(domain)
	if !plain || strings.HasPrefix(domain, "xn--") || strings.Contains(domain, ".xn--") {
		return "", ErrURLUnsupported
	}
	if endsInNumber(domain) {
		addr, err := netip.ParseAddr(domain)
		if err != nil || !addr.Is4() {
			return "", ErrURLUnsupported // shorthand, hexadecimal, or failure
		}
	}
	return domain, nil
}

var (
	// forbiddenInHost is https://url.spec.whatwg.org/#forbidden-domain-code-point.
	forbiddenInHost = newByteSet(func(c byte) bool {
		return c <= ' ' || c == 0x7F || strings.IndexByte("#%/:<>?@[\\]^|", c) >= 0
	})
	plainInHost = newByteSet(func(c byte) bool { return isAlpha(c) || isDigit(c) || c == '-' || c == '.' || c == '_' })
)

// endsInNumber is https://url.spec.whatwg.org/#ends-in-a-number-checker.
func endsInNumber(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if last == "" {
		return false
	}
	digits, inSet := last, isDigit
	if rest, ok := strings.CutPrefix(last, "0x"); ok {
		digits, inSet = rest, isHexDigit
	}
	for i := range len(digits) {
		if !inSet(digits[i]) {
			return false
		}
	}
	return true
}

// isIPHost reports whether a serialized host is an IP address.
func isIPHost(host string) bool {
	return strings.HasPrefix(host, "[") || host != "" && endsInNumber(host)
}

// parsePort is the port state.
func parsePort(scheme, port string) (string, error) {
	if port == "" {
		return "", nil
	}
	for i := range len(port) {
		if !isDigit(port[i]) {
			return "", ErrURLFailure
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", ErrURLFailure
	}
	if port[0] == '0' {
		port = strconv.FormatUint(n, 10)
	}
	if defaultPort, _ := specialPort(scheme); port == defaultPort {
		return "", nil
	}
	return port, nil
}

// normalizePath is the path state: it encodes, and resolves dot segments. path
// starts with a slash.
func normalizePath(path string) string {
	path = percentEncode(path, pathSet)
	if !strings.Contains(path, "/.") && !strings.Contains(path, "%2") {
		return path
	}
	segments := strings.Split(path[1:], "/")
	var out []string
	for i, s := range segments {
		last := i == len(segments)-1
		switch byteLowercase(s) {
		case "..", ".%2e", "%2e.", "%2e%2e":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		case ".", "%2e":
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/")
}

// percentEncode percent-encodes the bytes of s that are in set.
func percentEncode(s string, set *byteSet) string {
	if !set.anyIn(s) {
		return s
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; set[c] {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// percentDecode is https://url.spec.whatwg.org/#percent-decode.
func percentDecode(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHexDigit(s[i+1]) && isHexDigit(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}

func unhex(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// The percent-encode sets: https://url.spec.whatwg.org/#percent-encoded-bytes.
var (
	c0ControlSet    = newByteSet(inC0ControlSet)
	fragmentSet     = newByteSet(inFragmentSet)
	querySet        = newByteSet(inQuerySet)
	specialQuerySet = newByteSet(inSpecialQuerySet)
	pathSet         = newByteSet(inPathSet)
	userinfoSet     = newByteSet(inUserinfoSet)
)

func inC0ControlSet(c byte) bool { return c < ' ' || c > '~' }

func inFragmentSet(c byte) bool {
	return inC0ControlSet(c) || c == ' ' || c == '"' || c == '<' || c == '>' || c == '`'
}

func inQuerySet(c byte) bool {
	return inC0ControlSet(c) || c == ' ' || c == '"' || c == '#' || c == '<' || c == '>'
}

func inSpecialQuerySet(c byte) bool { return inQuerySet(c) || c == '\'' }

func inPathSet(c byte) bool {
	return inQuerySet(c) || c == '?' || c == '^' || c == '`' || c == '{' || c == '}'
}

func inUserinfoSet(c byte) bool {
	return inPathSet(c) || c == '/' || c == ':' || c == ';' || c == '=' || c == '@' ||
		'[' <= c && c <= ']' || c == '|'
}

func isAlpha(c byte) bool    { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
