package fetch

import (
	"fmt"
	"strings"
)

// Redacted returns a copy of l in which the values that are secrets are
// replaced by their length: Authorization and Proxy-Authorization after the
// scheme, Cookie and Set-Cookie after each cookie's name, and the usual key
// headers whole. What a reader needs to judge CORS stays: which headers there
// are, and a cookie's name and attributes.
func (l HeaderList) Redacted() HeaderList {
	if l == nil {
		return nil
	}
	out := make(HeaderList, len(l))
	for i, h := range l {
		out[i] = Header{h.Name(), redactValue(strings.ToLower(h.Name()), h.Value())}
	}
	return out
}

func redactValue(lowerName, value string) string {
	switch lowerName {
	case "authorization", "proxy-authorization":
		if scheme, secret, ok := strings.Cut(value, " "); ok {
			return scheme + " " + mask(secret)
		}
		return mask(value)
	case "cookie":
		pairs := strings.Split(value, ";")
		for i, p := range pairs {
			pairs[i] = redactPair(p)
		}
		return strings.Join(pairs, ";")
	case "set-cookie":
		pair, attributes, ok := strings.Cut(value, ";")
		if !ok {
			return redactPair(pair)
		}
		return redactPair(pair) + ";" + attributes
	case "x-api-key", "api-key", "x-auth-token", "x-access-token", "x-csrf-token", "x-xsrf-token":
		return mask(value)
	}
	return value
}

func redactPair(pair string) string {
	name, secret, ok := strings.Cut(pair, "=")
	if !ok {
		return mask(pair)
	}
	return name + "=" + mask(secret)
}

func mask(secret string) string {
	if secret == "" {
		return ""
	}
	return fmt.Sprintf("[redacted, %d bytes]", len(secret))
}
