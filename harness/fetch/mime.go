package fetch

import "strings"

// A MIMEType is https://mimesniff.spec.whatwg.org/#mime-type.
type MIMEType struct {
	// Essence is type and subtype, lower-cased, as in "text/plain".
	Essence string
	// Parameters are in order, with lower-case names; only the first one of a name is
	// kept.
	Parameters [][2]string
}

// Parameter returns the value of the parameter called name.
func (m MIMEType) Parameter(name string) (value string, ok bool) {
	for _, p := range m.Parameters {
		if p[0] == name {
			return p[1], true
		}
	}
	return "", false
}

// ParseMIMEType parses a MIME type, isomorphic decoded; it reports false for
// failure: https://mimesniff.spec.whatwg.org/#parse-a-mime-type.
func ParseMIMEType(input string) (MIMEType, bool) {
	essence, rest, ok := parseEssence(input)
	if !ok {
		return MIMEType{}, false
	}
	m := MIMEType{Essence: essence}
	for rest != "" {
		rest = strings.TrimLeft(rest[1:], httpWhitespace)
		end := strings.IndexAny(rest, ";=")
		if end < 0 {
			break
		}
		name := byteLowercase(rest[:end])
		if rest = rest[end:]; rest[0] == ';' {
			continue
		}
		if rest = rest[1:]; rest == "" {
			break
		}
		var value string
		if rest[0] == '"' {
			n := quotedStringLength(rest)
			value = unquote(rest[:n])
			rest = rest[n:]
			rest = rest[indexOrLen(rest, ';'):]
		} else {
			n := indexOrLen(rest, ';')
			value = strings.TrimRight(rest[:n], httpWhitespace)
			if rest = rest[n:]; value == "" {
				continue
			}
		}
		if _, exists := m.Parameter(name); !exists && isToken(name) && isQuotedStringToken(value) {
			m.Parameters = append(m.Parameters, [2]string{name, value})
		}
	}
	return m, true
}

// parseEssence is the part of "parse a MIME type" before the parameters; rest
// is empty or begins with ";". It allocates only to lower-case.
func parseEssence(input string) (essence, rest string, ok bool) {
	input = whitespace.trim(input)
	slash := strings.IndexByte(input, '/')
	if slash < 0 || !isToken(input[:slash]) {
		return "", "", false
	}
	end := slash + 1 + indexOrLen(input[slash+1:], ';')
	subtype := strings.TrimRight(input[slash+1:end], httpWhitespace)
	if !isToken(subtype) {
		return "", "", false
	}
	return byteLowercase(input[:slash+1+len(subtype)]), input[end:], true
}

// String serializes m: https://mimesniff.spec.whatwg.org/#serialize-a-mime-type.
func (m MIMEType) String() string {
	var b strings.Builder
	b.WriteString(m.Essence)
	for _, p := range m.Parameters {
		b.WriteString(";" + p[0] + "=")
		if isToken(p[1]) {
			b.WriteString(p[1])
			continue
		}
		b.WriteString(`"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(p[1]) + `"`)
	}
	return b.String()
}

// isQuotedStringToken reports whether s solely contains
// https://mimesniff.spec.whatwg.org/#http-quoted-string-token-code-point.
func isQuotedStringToken(s string) bool {
	for _, r := range s {
		if r != '\t' && (r < ' ' || r == 0x7F || r > 0xFF) {
			return false
		}
	}
	return true
}

// quotedStringLength returns the length of the HTTP quoted string that s
// begins with: https://fetch.spec.whatwg.org/#collect-an-http-quoted-string.
func quotedStringLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// unquote is collecting an HTTP quoted string with extract-value set.
func unquote(s string) string {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c == '"':
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func indexOrLen(s string, c byte) int {
	if i := strings.IndexByte(s, c); i >= 0 {
		return i
	}
	return len(s)
}
