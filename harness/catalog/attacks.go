package catalog

import (
	"strings"

	"golang.org/x/net/idna"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// An attack is an origin that a sloppy comparison takes for an allowed one.
type attack struct {
	// name says what is sloppy about the comparison; it is in the case's ID.
	name string
	// relation is in what the comparison is wrong.
	relation Relation
	// origin is the Origin header's value.
	origin string
	// of is what stands in the case's ID; empty means origin.
	of string
	// why completes "… could read".
	why string
	// pair asks for both forms; otherwise plain is enough.
	pair bool
	// second is another Origin line, if there is one.
	second string
	// direct: no browser is to send it, though the model could.
	direct bool
	// noted: what a browser never sends stands for an allowed origin itself, and for
	// nobody else's.
	noted bool
}

// evilHost is a name that nobody on the policy's side owns.
const evilHost = "evil.test"

// parserCharacters are what splits a host in some parser and not in another, by
// name. The list is what the scanners use, without what no Origin header of
// these days carries.
var parserCharacters = []struct{ name, text string }{
	{"underscore", "_"}, {"backtick", "`"}, {"brace", "{"}, {"tilde", "~"}, {"exclamation", "!"}, {"dollar", "$"}, {"ampersand", "&"},
	{"quote", "'"}, {"parenthesis", "("}, {"semicolon", ";"}, {"comma", ","}, {"equals", "="}, {"plus", "+"}, {"percent", "%60"}, {"control", "%0b"},
}

// attacksOn returns the attacks on one allowed origin. Who is allowed after all,
// the caller leaves out.
func attacksOn(origin string) []attack {
	scheme, rest, _ := strings.Cut(origin, "://")
	host, port := rest, ""
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		host, port = rest[:i], rest[i:]
	}
	at := func(host string) string { return scheme + "://" + host + port }
	attacks := []attack{
		{name: "scheme", relation: RelationScheme, origin: otherScheme(scheme) + "://" + rest, pair: true, why: "the same host without the scheme compared"},
		{name: "other-scheme", relation: RelationSuffix, origin: "x" + origin, why: "a comparison that doesn't start at the beginning"},
		{name: "port", relation: RelationPort, origin: scheme + "://" + host + otherPort(port), pair: true, why: "another program on the same host"},
		{name: "slash", relation: RelationPrefix, origin: origin + "/", why: "a URL instead of an origin"},
		{name: "upper-case", relation: RelationCase, origin: strings.ToUpper(origin), of: origin, why: "a comparison that folds case", noted: true},
		{name: "userinfo", relation: RelationCharacter, origin: scheme + "://" + rest + "@" + evilHost, why: "a URL parser's idea of the host"},
		{name: "userinfo-before", relation: RelationCharacter, origin: scheme + "://" + evilHost + "@" + rest, why: "a URL parser's idea of the host"},
		{name: "in-path", relation: RelationSubstring, origin: scheme + "://" + evilHost + "/" + rest, why: "a search for the host anywhere"},
		{name: "in-query", relation: RelationSubstring, origin: scheme + "://" + evilHost + "?" + rest, why: "a search for the host anywhere"},
		{name: "in-fragment", relation: RelationSubstring, origin: scheme + "://" + evilHost + "#" + rest, why: "a search for the host anywhere"},
		{name: "backslash", relation: RelationCharacter, origin: scheme + "://" + evilHost + `\` + rest, why: "a parser that takes a backslash for a letter"},
		{name: "list-comma", relation: RelationSubstring, origin: "https://" + evilHost + ", " + origin, why: "a search in a list of origins"},
		{name: "list-comma-after", relation: RelationSubstring, origin: origin + ",https://" + evilHost, why: "a search in a list of origins"},
		{name: "list-space", relation: RelationSubstring, origin: "https://" + evilHost + " " + origin, why: "a search in a list of origins"},
		{name: "two-lines", relation: RelationSubstring, origin: "https://" + evilHost, second: origin, why: "the last of two Origin lines"},
		{name: "two-lines-after", relation: RelationSubstring, origin: origin, second: "https://" + evilHost, why: "the first of two Origin lines"},
	}
	if port == "" {
		attacks = append(attacks,
			attack{name: "default-port", relation: RelationPort, origin: origin + ":" + map[string]string{"http": "80", "https": "443"}[scheme], why: "a comparison of parsed URLs"},
			attack{name: "port-text", relation: RelationPort, origin: origin + ":" + evilHost, why: "an expression that lets anything follow a colon"},
			attack{name: "port-text-after", relation: RelationPort, origin: origin + ":443." + evilHost, why: "an expression that lets anything follow a port"})
	} else {
		attacks = append(attacks, attack{name: "no-port", relation: RelationPort, origin: scheme + "://" + host, pair: true, why: "the same host on the default port"})
	}
	if isAddress(host) {
		return attacks
	}
	return append(attacks, attacksOnName(at, host)...)
}

// attacksOnName returns the attacks on a host that is a name. at makes an origin
// of a host.
func attacksOnName(at func(string) string, host string) []attack {
	attacks := []attack{
		{name: "prefix", relation: RelationPrefix, origin: at(host + "." + evilHost), pair: true, why: "a comparison of the beginning"},
		{name: "prefix-open", relation: RelationPrefix, origin: at(host + evilHost), why: "a comparison of the beginning"},
		{name: "prefix-hyphen", relation: RelationPrefix, origin: at(host + "-" + evilHost), why: "a comparison of the beginning"},
		{name: "suffix", relation: RelationSuffix, origin: at("evil" + host), pair: true, why: "a comparison of the end"},
		{name: "suffix-hyphen", relation: RelationSuffix, origin: at("evil-" + host), why: "a comparison of the end"},
		{name: "subdomain", relation: RelationSubdomain, origin: at("evil." + host), pair: true, why: "a comparison of the end at a dot"},
		{name: "first-letter", relation: RelationSubstring, origin: at(host[1:]), why: "a search the wrong way round"},
		{name: "trailing-dot", relation: RelationCharacter, origin: at(host + "."), why: "a comparison of names as DNS sees them"},
	}
	for i, c := range []byte(host) {
		if c == '.' {
			attacks = append(attacks, attack{name: "dot", relation: RelationDot, origin: at(host[:i] + "x" + host[i+1:]), pair: true, why: "a dot that stands for any letter"})
		}
	}
	if strings.Count(host, ".") > 1 {
		attacks = append(attacks, attack{name: "dots", relation: RelationDot, origin: at(strings.ReplaceAll(host, ".", "x")), why: "dots that stand for any letter"})
	}
	if domain, ok := policy.RegistrableDomain(host); ok {
		attacks = append(attacks,
			attack{name: "suffix", relation: RelationSuffix, origin: at("evil" + domain), pair: true, why: "a comparison of the end"},
			attack{name: "sibling", relation: RelationSubdomain, origin: at("evil." + domain), pair: true, why: "another host of the domain"},
			attack{name: "sibling-deep", relation: RelationSubdomain, origin: at("a.b." + domain), why: "a host deeper in the domain"},
			attack{name: "sibling-http", relation: RelationSubdomain, origin: "http://evil." + domain, why: "an http host of the domain"},
			attack{name: "apex", relation: RelationSubdomain, origin: at(domain), why: "the domain itself"})
	}
	for _, c := range parserCharacters {
		attacks = append(attacks, attack{name: "character-" + c.name, relation: RelationCharacter, origin: at(host + c.text + "." + evilHost), why: "a character that ends the host for one parser and not for the other"})
	}
	attacks = append(attacks,
		attack{name: "character-before", relation: RelationCharacter, origin: at("evil_" + host), why: "a class of letters that is too wide"},
		attack{name: "look-alike", relation: RelationCharacter, origin: at(lookAlike(host)), why: "a name that only looks the same"})
	return attacks
}

// attacksOnPattern returns the attacks on a wildcard, beside those on its
// examples.
func attacksOnPattern(text string) []attack {
	fill := func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(text, "**", s), policy.Any, s)
	}
	return []attack{
		{name: "wildcard-itself", relation: RelationWildcard, origin: text, why: "a comparison with the pattern's own text"},
		{name: "wildcard-empty", relation: RelationWildcard, origin: fill(""), why: "a wildcard that stands for nothing at all"},
		{name: "wildcard-dot", relation: RelationWildcard, origin: fill("evil.x"), why: "a wildcard that spans more than one label"},
		{name: "wildcard-domain", relation: RelationWildcard, origin: fill("x." + evilHost + "/"), why: "a wildcard that spans the end of the host"},
		{name: "wildcard-character", relation: RelationWildcard, origin: fill("x_y"), why: "a wildcard that stands for any character"},
		{name: "wildcard-fragment", relation: RelationWildcard, origin: fill("x." + evilHost + "#"), why: "a wildcard that spans the end of the host"},
	}
}

// attacksOnAll returns the attacks that need no allowed origin to start from.
func attacksOnAll(base fetch.Origin) []attack {
	scheme, rest, _ := strings.Cut(string(base), "://")
	long := strings.Repeat(strings.Repeat("a", 62)+".", 3) + strings.Repeat("b", 54) + "." + evilHost
	return []attack{
		{name: "arbitrary", relation: RelationAnybody, origin: "https://" + evilHost, pair: true, why: "every origin reflected"},
		{name: "arbitrary-http", relation: RelationAnybody, origin: "http://" + evilHost, why: "every origin reflected"},
		{name: "null", relation: RelationNull, origin: policy.Null, pair: true, why: "the origin of every sandboxed frame"},
		{name: "ends-in-null", relation: RelationNull, origin: "https://evilnull", why: "a comparison with the end of null"},
		{name: "localhost", relation: RelationLocal, origin: "http://localhost", why: "whatever runs on the visitor's machine"},
		{name: "localhost-port", relation: RelationLocal, origin: "http://localhost:3000", why: "whatever runs on the visitor's machine"},
		{name: "loopback", relation: RelationLocal, origin: "http://127.0.0.1", why: "whatever runs on the visitor's machine"},
		{name: "localhost-prefix", relation: RelationLocal, origin: "http://localhost." + evilHost, why: "a name that begins like the visitor's machine"},
		{name: "shared-host", relation: RelationShared, origin: "https://evil.github.io", why: "a host that anybody can have"},
		{name: "shared-preview", relation: RelationShared, origin: "https://evil.vercel.app", why: "a host that anybody can have"},
		{name: "target-scheme", relation: RelationSubdomain, origin: otherScheme(scheme) + "://" + rest, why: "the target's own name over the other scheme"},
		{name: "target-subdomain", relation: RelationSubdomain, origin: "https://evil." + strings.Split(rest, ":")[0], why: "a name below the target's own"},
		{name: "extension", relation: RelationShared, origin: "chrome-extension://abcdefghijklmnopabcdefghijklmnop", why: "any extension of the browser"},
		{name: "app", relation: RelationShared, origin: "capacitor://localhost", why: "any app of that framework"},
		{name: "file", relation: RelationShared, origin: "file://", why: "any file on the visitor's machine"},
		{name: "wildcard", relation: RelationWildcard, origin: policy.Any, why: "a comparison with a configured *"},
		{name: "long", relation: RelationAnybody, origin: "https://" + long, direct: true, why: "a comparison that gives up on a long name"},
		{name: "no-host", origin: "https://", why: "a comparison with an empty host"},
	}
}

func otherScheme(scheme string) string {
	if scheme == "http" {
		return "https"
	}
	return "http"
}

func otherPort(port string) string {
	if port == ":8443" {
		return ":9443"
	}
	return ":8443"
}

// lookAlike puts another alphabet's letter in the place of the first vowel that
// has one, in the form that a browser sends.
func lookAlike(host string) string {
	for i, c := range host {
		if other, ok := lookAlikes[c]; ok {
			if ascii, err := idna.Punycode.ToASCII(host[:i] + string(other) + host[i+1:]); err == nil {
				return ascii
			}
		}
	}
	return "xn--" + host
}

// lookAlikes are Cyrillic letters by the Latin ones that they look like.
var lookAlikes = map[rune]rune{'a': 'а', 'e': 'е', 'o': 'о', 'c': 'с', 'p': 'р', 'x': 'х'}

// isAddress reports whether a host is an IP address, which has no labels to
// attack.
func isAddress(host string) bool {
	return strings.HasPrefix(host, "[") || strings.Trim(host, "0123456789.") == ""
}
