package fuzz

import (
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
)

// A headerKind makes the name and value of one request header.
type headerKind func(*generator) (name, value string)

var headerKinds = choice[headerKind]{
	{32, customHeader}, {8, authorization}, {16, contentType}, {8, accept}, {8, languages}, {6, byteRange}, {3, clientHint},
	{5, forbiddenHeader}, {4, cacheHeader}, {2, methodOverride}, {2, oddName},
}

// header makes a line for a list that has some already; now and then it repeats
// a name.
func (g *generator) header(list []catalog.HeaderLine) catalog.HeaderLine {
	name, value := pick(g.Rand, headerKinds)(g)
	if g.steps > 1 && strings.EqualFold(name, "Range") {
		name, value = customHeader(g) // the model's HTTP cache has no ranges
	}
	if len(list) > 0 && chance(g.Rand, 12) {
		before, otherValue, _ := strings.Cut(string(list[g.IntN(len(list))]), ":")
		name = anyCase(g.Rand, before)
		if chance(g.Rand, 60) {
			value = strings.TrimPrefix(otherValue, " ")
		}
	}
	return catalog.HeaderLine(name + ": " + value)
}

func customHeader(g *generator) (name, value string) {
	name = oneOf(g.Rand, "X-A", "X-B", "x-a", "X-Custom", "X-Requested-With", "If-None", "Access-Control-Allow-Origin", "Z")
	return name, pick(g.Rand, choice[string]{{12, "1"}, {3, ""}, {2, "a, b"}, {1, " spaced\t"}, {1, strings.Repeat("x", 300)}, {1, "\u00e9\u00ff"}})
}

func authorization(g *generator) (name, value string) {
	return anyCase(g.Rand, "Authorization"), oneOf(g.Rand, "Bearer t", "Basic dTpw", "")
}

// The values of safelisted names: right ones, then those that a rule is about.
var contentTypes = choice[string]{
	{8, "text/plain"}, {8, "application/json"}, {5, "application/x-www-form-urlencoded"}, {4, "multipart/form-data; boundary=x"},
	{3, "Text/Plain;charset=UTF-8"}, {2, `text/plain; charset="utf-8"`}, {1, "text/plain;"}, {1, "text/plain; ;"}, {1, " text/plain\t"},
	{1, "text / plain"}, {1, "text/plain, text/plain"}, {1, "text/plain,application/json"}, {2, ""}, {1, "text"}, {1, "/plain"},
	{1, "application/csp-report"}, {1, "text/plain;a=b;c"}, {1, "text/plain x"}, {1, "text/html"}, {1, "multipart/form-data"},
	{2, "text/plain;charset=iso-8859-1"}, {1, "text/plain; charset=utf-8"}, {1, "text/plain;\t x=1"}, {1, "application/x-www-form-urlencoded;charset=\u00e9"},
}

// otherCharsets are what send() may have to write anew.
var otherCharsets = []string{
	"text/plain;charset=iso-8859-1", "text/plain;charset=ascii;x=1", `text/plain; x=1; Charset="x"`, "x;charset=a", "text/plain;charset=utf-8",
	"text/plain;charset=a;charset=b", "TEXT/plain; charset=a",
}

func contentType(g *generator) (name, value string) {
	return anyCase(g.Rand, "Content-Type"), g.bounded(pick(g.Rand, contentTypes), "text/plain;x=", "")
}

func accept(g *generator) (name, value string) {
	value = pick(g.Rand, choice[string]{{6, "*/*"}, {3, "application/json"}, {2, "text/html, */*;q=0.1"}, {1, ""}, {1, "\t"}, {1, "a\tb"}})
	return anyCase(g.Rand, "Accept"), g.bounded(value, "text/", "")
}

func languages(g *generator) (name, value string) {
	value = pick(g.Rand, choice[string]{{6, "en"}, {3, "en-GB,en;q=0.5"}, {2, "*"}, {1, ""}, {1, "en_GB"}, {1, "en/x"}, {1, "e\tn"}, {1, "en:x"}})
	return anyCase(g.Rand, oneOf(g.Rand, "Accept-Language", "Content-Language")), g.bounded(value, "en-", "")
}

var ranges = choice[string]{
	{4, "bytes=0-"}, {4, "bytes=0-5"}, {2, "bytes=5-2"}, {3, "bytes=-5"}, {2, "bytes=0-1,3-4"}, {1, "bytes = 0-"}, {1, "bytes=0 -5"},
	{1, "Bytes=0-"}, {1, "bytes=-"}, {1, "bytes=00-09"}, {1, "bytes=5-5"}, {1, "bytes=9-10"}, {1, "bytes=10-9"}, {1, "lines=0-1"}, {1, ""},
	{1, "bytes=99999999999999999999-"}, {1, "bytes=0-99999999999999999999"}, {1, "bytes=+1-2"}, {1, "bytes=0-5 "}, {1, "bytes=0-5;"},
}

func byteRange(g *generator) (name, value string) {
	return anyCase(g.Rand, "Range"), g.bounded(pick(g.Rand, ranges), "bytes=", "-")
}

// bounded returns value, or with some chance one around a limit: 127, 128 or
// 129 bytes long, or with a byte that isn't safe.
func (g *generator) bounded(value, before, after string) string {
	switch g.IntN(12) {
	case 0, 1:
		fill := "1"
		if strings.HasSuffix(before, "=") && after == "" {
			fill = "x"
		}
		return before + strings.Repeat(fill, 127+g.IntN(3)-len(before)-len(after)) + after
	case 2:
		at := g.IntN(len(value) + 1)
		for at > 0 && at < len(value) && value[at]&0xC0 == 0x80 {
			at-- // not within a character
		}
		return value[:at] + oddByte(g.Rand) + value[at:]
	}
	return value
}

// clientHint makes hints: safelisted in some engines, for some values.
func clientHint(g *generator) (name, value string) {
	switch g.IntN(3) {
	case 0:
		return anyCase(g.Rand, "Save-Data"), oneOf(g.Rand, "on", "on", "off", "ON", "")
	case 1:
		return anyCase(g.Rand, "DPR"), oneOf(g.Rand, "2", "1.5", "x", "", strings.Repeat("1", 129))
	}
	return oneOf(g.Rand, "Width", "Viewport-Width", "Device-Memory", "RTT", "Downlink", "ECT", "Sec-CH-UA", "Sec-CH-DPR"), oneOf(g.Rand, "1", "4g", "x")
}

func forbiddenHeader(g *generator) (name, value string) {
	return anyCase(g.Rand, oneOf(g.Rand, "Host", "Origin", "Cookie", "Content-Length", "Accept-Encoding", "Access-Control-Request-Method",
		"Access-Control-Request-Headers", "Connection", "Date", "DNT", "Referer", "TE", "Upgrade", "Via", "Proxy-Authorization", "Sec-X", "Proxy-",
		"Set-Cookie", "Keep-Alive", "Expect", "Trailer", "Transfer-Encoding", "Accept-Charset", "Cookie2")), oneOf(g.Rand, "1", "a", "")
}

// cacheHeader makes what the HTTP cache and its validation are about.
func cacheHeader(g *generator) (name, value string) {
	return pick(g.Rand, choice[string]{{2, "If-None-Match"}, {1, "If-Modified-Since"}, {1, "If-Match"}, {2, "Cache-Control"}, {1, "Pragma"}, {1, "If-Range"}}),
		oneOf(g.Rand, `"x"`, "no-cache", "*")
}

func methodOverride(g *generator) (name, value string) {
	return anyCase(g.Rand, oneOf(g.Rand, "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override")),
		oneOf(g.Rand, "PUT", "TRACE", "trace", "PUT, TRACK", `"TRACE"`, "CONNECTED", "")
}

// oddName makes names at the edge of the grammar, and, seldom, values that
// aren't any.
func oddName(g *generator) (name, value string) {
	value = "1"
	if chance(g.Rand, 15) {
		value = oneOf(g.Rand, "a\x00b", "a\nb", "a\rb", "\n1")
	}
	return pick(g.Rand, choice[string]{
		{4, "!#$%&'*+-.^_`|~"}, {4, "x_y"}, {3, "0"}, {2, "User-Agent"}, {1, "X A"}, {1, ""}, {1, "X-\u00e9"}, {1, "X(A)"}, {1, "*"},
	}), value
}
