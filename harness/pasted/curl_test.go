package pasted

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
)

// wantCall is what a test wants of a call; the request's copies of Origin and
// Credentials are checked apart.
type wantCall struct {
	Method, URL string
	Headers     fetch.HeaderList
	Body        *fetch.Body
	Mode        fetch.Mode
	Origin      string
	Sent        int
	Cookies     string
	Credentials fetch.CredentialsMode
	Connection  Connection
	Ignored     []string
	Dropped     []string
}

func shorten(c Call) wantCall {
	w := wantCall{
		Method: c.Request.Method, URL: c.Request.URL, Headers: c.Request.Headers, Body: c.Request.Body, Mode: c.Request.Mode,
		Origin: c.Origin, Sent: len(c.Sent), Cookies: c.Cookies, Credentials: c.Credentials,
		Connection: c.Connection, Ignored: c.Ignored,
	}
	for _, d := range c.Dropped {
		w.Dropped = append(w.Dropped, d.Name)
	}
	return w
}

const (
	chromeJSON = `curl 'https://api.test:8443/items?sort=asc' \
  -X 'PUT' \
  -H 'accept: application/json, text/plain, */*' \
  -H 'accept-language: en-GB,en;q=0.9' \
  -H 'authorization: Bearer eyJhbGciOi' \
  -H 'content-type: application/json' \
  -b 'sid=31d4d96e; theme=dark' \
  -H 'origin: https://app.test' \
  -H 'priority: u=1, i' \
  -H 'referer: https://app.test/shop/' \
  -H 'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"' \
  -H 'sec-ch-ua-mobile: ?0' \
  -H 'sec-ch-ua-platform: "Linux"' \
  -H 'sec-fetch-dest: empty' \
  -H 'sec-fetch-mode: cors' \
  -H 'sec-fetch-site: cross-site' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36' \
  --data-raw $'{\n  "name": "Ren\u0027e\u0301",\n  "note": "it\'s 5\\" wide\u0021"\n}' \
  --insecure`

	chromeForm = `curl 'https://api.test/upload' \
  -H 'Accept: */*' \
  -H 'Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7' \
  -H 'Connection: keep-alive' \
  -H 'Content-Type: multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW0' \
  -H 'Cookie: sid=1' \
  -H 'Origin: http://localhost:3000' \
  -H 'Referer: http://localhost:3000/' \
  -H 'Sec-Fetch-Mode: cors' \
  -H 'User-Agent: Mozilla/5.0' \
  --data-raw $'------WebKitFormBoundary7MA4YWxkTrZu0gW0\r\nContent-Disposition: form-data; name="title"\r\n\r\nA\r\n------WebKitFormBoundary7MA4YWxkTrZu0gW0--\r\n' \
  --compressed`

	chromeCmd = `curl ^"https://api.test/items?q=a^%^20b^&n=1^" ^
  -X ^"PATCH^" ^
  -H ^"accept: */*^" ^
  -H ^"content-type: application/json^" ^
  -b ^"sid=a^%^3Db; other=1^" ^
  -H ^"origin: https://app.test^" ^
  -H ^"sec-ch-ua: ^\^"Chromium^\^";v=^\^"140^\^", ^\^"Not=A?Brand^\^";v=^\^"24^\^"^" ^
  -H ^"sec-fetch-mode: cors^" ^
  -H ^"user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64)^" ^
  -H ^"x-requested-with: XMLHttpRequest^" ^
  --data-raw ^"^{^

  ^\^"path^\^": ^\^"C:^\\^\temp^\^", ^\^"pct^\^": ^\^"50^%^\^"^

^}^"`

	chromeCmdOld = `curl "https://api.test/items" ^
  -H "accept: */*" ^
  -H "origin: https://app.test" ^
  -H "content-type: application/json" ^
  --data-raw "{\"a\":1}" ^
  --compressed`

	firefoxBash = `curl 'https://api.test/items' \
  --compressed \
  -X POST \
  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' \
  -H 'Accept: */*' \
  -H 'Accept-Language: en-US,en;q=0.5' \
  -H 'Accept-Encoding: gzip, deflate, br, zstd' \
  -H 'Content-Type: application/json' \
  -H 'X-Token: a' \
  -H 'Origin: https://app.test' \
  -H 'Connection: keep-alive' \
  -H 'Cookie: sid=1' \
  -H 'Sec-Fetch-Dest: empty' \
  -H 'Sec-Fetch-Mode: cors' \
  -H 'Sec-Fetch-Site: cross-site' \
  -H 'Priority: u=0' \
  -H 'Pragma: no-cache' \
  -H 'Cache-Control: no-cache' \
  --data-raw $'{"name":"caf\xe9 \u20ac \041"}'`

	firefoxCmd = `curl ^"https://api.test/items?a^[0^]=1^" ^
  --globoff ^
  -H ^"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0^" ^
  -H ^"Accept: application/json^" ^
  -H ^"Origin: https://app.test^" ^
  -H ^"Sec-Fetch-Mode: no-cors^" ^
  -H ^"TE: trailers^"`

	firefoxMultipart = `curl 'https://api.test/upload' -X POST -H 'User-Agent: Mozilla/5.0' -H 'Content-Type: multipart/form-data; boundary=----geckoformboundary3b' -H 'Origin: https://app.test' --data-binary $'------geckoformboundary3b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n------geckoformboundary3b--\r\n'`

	safari = `curl 'https://api.test/items/\[1\]' \
-X 'POST' \
-H 'Content-Type: application/x-www-form-urlencoded;charset=UTF-8' \
-H 'Accept: */*' \
-H 'Sec-Fetch-Site: cross-site' \
-H 'Accept-Language: en-GB,en;q=0.9' \
-H 'Sec-Fetch-Mode: cors' \
-H 'Origin: https://app.test' \
-H 'User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15' \
-H 'Referer: https://app.test/' \
-H 'Priority: u=3, i' \
--data $'a=1&b=it\'s'`

	safariGet = `curl 'https://api.test/me' \
-X 'GET' \
-H 'Accept: */*' \
-H 'Authorization: Basic dTpw' \
-H 'Referer: https://app.test:8443/a/b?c' \
-H 'Cookie: sid=1; sid2=2' \
-H 'Sec-Fetch-Mode: cors'`
)

func form(body string) *fetch.Body { return &fetch.Body{Kind: fetch.BodyText, Bytes: body} }

var formType = fetch.Header{"Content-Type", "application/x-www-form-urlencoded"}

var curls = []struct {
	name, why, in string
	want          wantCall
}{
	{
		"chrome, bash, JSON over several lines", "ANSI-C quoting, -b, headers that Chrome adds itself", chromeJSON,
		wantCall{
			Method: "PUT", URL: "https://api.test:8443/items?sort=asc", Mode: fetch.ModeCORS,
			Headers: fetch.HeaderList{{"accept", "application/json, text/plain, */*"}, {"authorization", "Bearer eyJhbGciOi"}, {"content-type", "application/json"}},
			Body:    form(isomorphic("{\n  \"name\": \"Ren'e\u0301\",\n  \"note\": \"it's 5\\\" wide!\"\n}")),
			Origin:  "https://app.test", Sent: 15, Cookies: "sid=31d4d96e; theme=dark", Credentials: fetch.CredentialsInclude,
			Connection: Connection{Insecure: true},
			Dropped:    []string{"accept-language", "Cookie", "origin", "priority", "referer", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "user-agent"},
		},
	},
	{
		"chrome, bash, FormData", "a multipart body as text; Content-Type with its boundary is the page's as far as the safelist goes", chromeForm,
		wantCall{
			Method: "POST", URL: "https://api.test/upload", Mode: fetch.ModeCORS,
			Headers: fetch.HeaderList{{"Content-Type", "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW0"}},
			Body:    form("------WebKitFormBoundary7MA4YWxkTrZu0gW0\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA\r\n------WebKitFormBoundary7MA4YWxkTrZu0gW0--\r\n"),
			Origin:  "http://localhost:3000", Sent: 9, Cookies: "sid=1", Credentials: fetch.CredentialsInclude,
			Ignored: []string{"--compressed"},
			Dropped: []string{"Accept", "Accept-Language", "Connection", "Cookie", "Origin", "Referer", "Sec-Fetch-Mode", "User-Agent"},
		},
	},
	{
		"chrome, cmd", "carets before quotes, percent signs, backslashes, line breaks in a body", chromeCmd,
		wantCall{
			Method: "PATCH", URL: "https://api.test/items?q=a%20b&n=1", Mode: fetch.ModeCORS,
			Headers: fetch.HeaderList{{"content-type", "application/json"}, {"x-requested-with", "XMLHttpRequest"}},
			Body:    form("{\n  \"path\": \"C:\\\\temp\", \"pct\": \"50%\"\n}"),
			Origin:  "https://app.test", Sent: 8, Cookies: "sid=a%3Db; other=1", Credentials: fetch.CredentialsInclude,
			Dropped: []string{"accept", "Cookie", "origin", "sec-ch-ua", "sec-fetch-mode", "user-agent"},
		},
	},
	{
		"chrome, cmd, of some years ago", "plain double quotes, carets at the ends of lines", chromeCmdOld,
		wantCall{
			Method: "POST", URL: "https://api.test/items", Headers: fetch.HeaderList{{"accept", "*/*"}, {"content-type", "application/json"}},
			Body: form(`{"a":1}`), Origin: "https://app.test", Sent: 3, Ignored: []string{"--compressed"}, Dropped: []string{"origin"},
		},
	},
	{
		"firefox, bash", "escapes of bytes and code points; disabled cache", firefoxBash,
		wantCall{
			Method: "POST", URL: "https://api.test/items", Mode: fetch.ModeCORS,
			Headers: fetch.HeaderList{{"Content-Type", "application/json"}, {"X-Token", "a"}},
			Body:    &fetch.Body{Kind: fetch.BodyBytes, Bytes: "{\"name\":\"caf\u00e9 \u00e2\u0082\u00ac !\"}"},
			Origin:  "https://app.test", Sent: 15, Cookies: "sid=1", Credentials: fetch.CredentialsInclude,
			Ignored: []string{"--compressed"},
			Dropped: []string{"User-Agent", "Accept", "Accept-Language", "Accept-Encoding", "Origin", "Connection", "Cookie", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Priority", "Pragma", "Cache-Control"},
		},
	},
	{
		"firefox, cmd", "--globoff keeps brackets; a no-cors request is one", firefoxCmd,
		wantCall{
			Method: "GET", URL: "https://api.test/items?a[0]=1", Mode: fetch.ModeNoCORS,
			Headers: fetch.HeaderList{{"Accept", "application/json"}}, Origin: "https://app.test", Sent: 5,
			Dropped: []string{"User-Agent", "Origin", "Sec-Fetch-Mode", "TE"},
		},
	},
	{
		"firefox, multipart", "--data-binary of a text", firefoxMultipart,
		wantCall{
			Method: "POST", URL: "https://api.test/upload",
			Headers: fetch.HeaderList{{"Content-Type", "multipart/form-data; boundary=----geckoformboundary3b"}},
			Body:    form("------geckoformboundary3b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n------geckoformboundary3b--\r\n"),
			Origin:  "https://app.test", Sent: 3, Dropped: []string{"User-Agent", "Origin"},
		},
	},
	{
		"safari, POST", "continuations without indent, escaped globs", safari,
		wantCall{
			Method: "POST", URL: "https://api.test/items/[1]", Mode: fetch.ModeCORS,
			Headers: fetch.HeaderList{{"Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"}},
			Body:    form("a=1&b=it's"), Origin: "https://app.test", Sent: 9,
			Dropped: []string{"Accept", "Sec-Fetch-Site", "Accept-Language", "Sec-Fetch-Mode", "Origin", "User-Agent", "Referer", "Priority"},
		},
	},
	{
		"safari, GET", "the origin is that of Referer; Authorization may be the page's", safariGet,
		wantCall{
			Method: "GET", URL: "https://api.test/me", Mode: fetch.ModeCORS, Headers: fetch.HeaderList{{"Authorization", "Basic dTpw"}},
			Origin: "https://app.test:8443", Sent: 5, Cookies: "sid=1; sid2=2", Credentials: fetch.CredentialsInclude,
			Dropped: []string{"Accept", "Referer", "Cookie", "Sec-Fetch-Mode"},
		},
	},
	{
		"by hand, short flags", "combined and glued flags, a prompt, a pipe", `$ curl -sSL -XPOST -H"X-A: 1" -d a=1 -d 'b=2' -o /dev/null localhost:3000/x 2>/dev/null | jq '.a | $b'`,
		wantCall{
			Method: "POST", URL: "http://localhost:3000/x", Headers: fetch.HeaderList{{"X-A", "1"}, formType},
			Body: form("a=1&b=2"), Sent: 1, Ignored: []string{"-s", "-S", "-L", "-o", "2>/dev/null", `| jq '.a | $b'`},
		},
	},
	{
		"by hand, -G", "data becomes the query, before the fragment", `curl -G 'https://api.test/s?x=1#top' --data-urlencode 'q=a b&c' --data-urlencode '=ü' -d y=2`,
		wantCall{Method: "GET", URL: "https://api.test/s?x=1&q=a%20b%26c&%C3%BC&y=2#top"},
	},
	{
		"by hand, --json", "Content-Type and Accept come with it", `curl --json '{"a":1' --json '}' https://api.test/`,
		wantCall{
			Method: "POST", URL: "https://api.test/", Body: form(`{"a":1}`),
			Headers: fetch.HeaderList{{"Accept", "application/json"}, {"Content-Type", "application/json"}},
		},
	},
	{
		"by hand, headers", "an empty header, a removed one, a repeated one", `curl https://api.test/ -H 'X-Empty;' -H 'Content-Type:' -H 'X-B: 1' -H 'X-B: 2' --data-raw '@x'`,
		wantCall{
			Method: "POST", URL: "https://api.test/", Headers: fetch.HeaderList{{"X-Empty", ""}, {"X-B", "1"}, {"X-B", "2"}},
			Body: &fetch.Body{Kind: fetch.BodyBytes, Bytes: "@x"}, Sent: 3,
		},
	},
	{
		"by hand, form", "fields become a FormData", `curl https://api.test/ -F 'a=b c' -F "j={\"x\":1};type=application/json"`,
		wantCall{
			Method: "POST", URL: "https://api.test/", Body: &fetch.Body{Kind: fetch.BodyFormData, Bytes: "a=b+c&j=%7B%22x%22%3A1%7D"},
			Ignored: []string{"-F …;type=…"},
		},
	},
	{
		"by hand, user and connection", "-u is a credential, not a header of the page", `curl -u a:b -A x -e https://app.test/y -x proxy:3128 -E c.pem --key k.pem --cacert ca.pem --resolve api.test:443:127.0.0.1 --connect-to=::127.0.0.1:8443 -k --http1.1 -I --url=https://api.test/`,
		wantCall{
			Method: "HEAD", URL: "https://api.test/", Origin: "https://app.test", Sent: 3, Credentials: fetch.CredentialsInclude,
			Connection: Connection{Resolve: []string{"api.test:443:127.0.0.1"}, ConnectTo: []string{"::127.0.0.1:8443"}, Proxy: "proxy:3128", CACert: "ca.pem", Cert: "c.pem", Key: "k.pem", Insecure: true},
			Ignored:    []string{"--http1.1"}, Dropped: []string{"User-Agent", "Referer", "Authorization"},
		},
	},
	{
		"by hand, a preflight", "its headers are the browser's", `curl -i -X OPTIONS https://api.test/ -H 'Origin: null' -H 'Access-Control-Request-Method: PUT'`,
		wantCall{Method: "OPTIONS", URL: "https://api.test/", Origin: "null", Sent: 2, Ignored: []string{"-i"}, Dropped: []string{"Origin", "Access-Control-Request-Method"}},
	},
	{
		"copied from a terminal", "the prompt for more, Windows line ends, Markdown's fences", "```bash\r\n$ curl \\\r\n> -H 'X-A: 1' \\\r\n> https://api.test/\r\n```\r\n",
		wantCall{Method: "GET", URL: "https://api.test/", Headers: fetch.HeaderList{{"X-A", "1"}}, Sent: 1},
	},
	{
		"cookies twice", "one header in the place of the first", `curl https://api.test/ -b a=1 -H 'X: y' -b 'b=2; c=3'`,
		wantCall{Method: "GET", URL: "https://api.test/", Headers: fetch.HeaderList{{"X", "y"}}, Sent: 2, Cookies: "a=1; b=2; c=3", Credentials: fetch.CredentialsInclude, Dropped: []string{"Cookie"}},
	},
	{
		"an emoji in two escapes", "UTF-16 code units are put together", `curl https://api.test/ -d $'\ud83d\ude00'`,
		wantCall{Method: "POST", URL: "https://api.test/", Headers: fetch.HeaderList{formType}, Body: form("\u00f0\u009f\u0098\u0080")},
	},
	{
		"an IPv6 address", "its brackets are no glob", `curl 'http://[::1]:8080/a'`,
		wantCall{Method: "GET", URL: "http://[::1]:8080/a"},
	},
	{
		"windows prompt", "curl.exe behind a prompt", `C:\Users\me>curl.exe -d "{\"a\":1}" http://localhost/`,
		wantCall{Method: "POST", URL: "http://localhost/", Headers: fetch.HeaderList{formType}, Body: form(`{"a":1}`)},
	},
}

func TestCurl(t *testing.T) {
	t.Parallel()
	for _, tc := range curls {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := Curl(tc.in)
			require.NoError(t, err, tc.why)
			if diff := cmp.Diff(tc.want, shorten(got)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tc.why, diff)
			}
			assert.Equal(t, got.Origin, got.Request.Origin)
			assert.Equal(t, got.Credentials, got.Request.Credentials)
			for _, d := range got.Dropped {
				assert.NotEmpty(t, d.Why, d.Name)
			}
		})
	}
}

func TestCurlRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, why, in, want string }{
		{"unknown flag", "named with its place and the nearest", "curl https://a.test/ \\\n  --dta x=1", `line 2, column 3: unknown flag --dta (did you mean "--data"?)`},
		{"unknown short flag", "the letter in its word", "curl -sQ https://a.test/", "line 1, column 8: unknown flag -Q in -sQ"},
		{"long flag with one dash", "curl would read letters", "curl -json x https://a.test/", "line 1, column 14: a second URL"},
		{"file as body", "no file is read", "curl -d @body.json https://a.test/", "line 1, column 9: -d takes the body from a file, which is not read; write the body itself behind --data-raw"},
		{"file as field", "no file is read", "curl -F a=@b.png https://a.test/", "-F takes the field from a file"},
		{"file of headers", "no file is read", "curl -H @h https://a.test/", "-H names a file of headers"},
		{"file of cookies", "no file is read", "curl -b jar.txt https://a.test/", "-b names a file of cookies"},
		{"encoded file", "no file is read", "curl --data-urlencode n@f https://a.test/", "--data-urlencode takes the content from a file"},
		{"upload", "no file is read", "curl -T f https://a.test/", "-T can't be followed: it names a file"},
		{"variable", "its value isn't known", `curl https://a.test/ -H "Authorization: Bearer $TOKEN"`, "line 1, column 48: the shell puts a variable's value in the place of $TOKEN"},
		{"substitution", "nothing is run", "curl https://a.test/$(id)", "the shell runs a command in the place of $(…)"},
		{"backquotes", "nothing is run", "curl `id`", "the shell runs a command in the place of `…`"},
		{"ampersand", "the shell would cut the URL", "curl https://a.test/?a=1&b=2", "line 1, column 25: an unquoted & ends the command; put the URL in single quotes"},
		{"second command", "one at a time", "curl https://a.test/ && rm x", "a second command follows"},
		{"second line", "one at a time", "curl https://a.test/\ncurl https://b.test/", "line 2, column 1: more follows the curl command"},
		{"lost continuation", "told by the dash", "curl https://a.test/\n  -H 'a: b'", "line 2, column 3: a line begins with a flag"},
		{"quote", "open quotes have a place", "curl 'https://a.test/", "line 1, column 6: the single quote is never closed"},
		{"no URL", "nothing to judge", "curl -v", "line 1, column 1: the curl command has no URL"},
		{"two URLs", "one request", "curl https://a.test/ https://b.test/", "line 1, column 22: a second URL"},
		{"glob", "one request", "curl 'https://a.test/{a,b}'", "curl makes several requests"},
		{"expansion of braces", "one word", "curl https://a.test/ -d {a:1,b:2}", "line 1, column 25: the shell makes several words"},
		{"both bodies", "one body", "curl https://a.test/ -d a -F b=c", "both -d and -F are there"},
		{"no value", "at the end of the line", "curl https://a.test/ -H", "line 1, column 23: -H lacks its value"},
		{"no colon", "no header", "curl https://a.test/ -H secret", `line 1, column 25: the value of -H is no header: it lacks the colon`},
		{"scheme", "only HTTP", "curl ftp://a.test/", "the URL has a scheme other than http and https"},
		{"origin with a slash", "no browser sends it", "curl https://a.test/ -H 'Origin: https://App.test/'", `line 1, column 25: the Origin header is not written as a browser sends it, which is "https://app.test"`},
		{"fetch()", "another form of copy", "fetch(\"https://a.test/\", {})", "Copy as cURL"},
		{"powershell", "another form of copy", "$session = New-Object X\nInvoke-WebRequest -Uri x", "PowerShell"},
		{"empty", "nothing there", " \n", "the text is empty"},
		{"other command", "no curl", "wget https://a.test/", "it is not a curl command"},
		{"cmd ampersand", "cmd.exe would cut the URL", "curl https://a.test/?a=1&b=2 ^\n -k", "an unquoted & ends the command; put the URL in double quotes"},
		{"password", "curl would ask", "curl -u me https://a.test/", "-u lacks the password"},
		{"config", "no file is read", "curl -K x https://a.test/", "-K can't be followed"},
		{"endless", "bounded", "curl" + strings.Repeat(" -s", mostWords+1), "more than 10000 arguments"},
		{"standard input", "no file is read", "curl -d a https://a.test/ < f", "from standard input"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := Curl(tc.in)
			require.ErrorContains(t, err, tc.want, tc.why)
			var e *Error
			assert.True(t, errors.As(err, &e) && e.Line > 0)
			assert.NotContains(t, err.Error(), "secret", "errors quote no values")
		})
	}
}

// TestFlagsAreCurls finds slips in the table of flags.
func TestFlagsAreCurls(t *testing.T) {
	t.Parallel()
	var shorts, longs []string
	for _, f := range curlFlags {
		longs = append(longs, f.long)
		if f.short != 0 {
			shorts = append(shorts, string(f.short))
		}
	}
	slices.Sort(shorts)
	slices.Sort(longs)
	assert.Len(t, slices.Compact(slices.Clone(shorts)), len(shorts), "%s", shorts)
	assert.Len(t, slices.Compact(slices.Clone(longs)), len(longs), "%s", longs)
}

func FuzzCurl(f *testing.F) {
	for _, tc := range curls {
		f.Add(tc.in)
	}
	f.Add("curl $'\\u12\\U7fffffffff\\x\\c'")
	f.Add("curl \"\\")
	f.Add("curl ^\"a^")
	f.Fuzz(func(t *testing.T, line string) {
		call, err := Curl(line)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if call.Request.URL == "" || call.Request.Method == "" || strings.Contains(call.Request.Method, " ") {
			t.Errorf("a request without URL or method: %+v", call)
		}
		if len(call.Sent) < len(call.Dropped) {
			t.Errorf("more headers dropped than sent: %+v", call)
		}
	})
}
