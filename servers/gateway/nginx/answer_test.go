package nginx

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// answering is a config in which each block says its own name to pages, whatever
// the status, but where it is about that.
const answering = `events {}
http {
    add_header X-Block http always;
    map $http_origin $who {
        default "";
        ~^https://a\. a;
        ~*^https://b\.(\w+) $1;
        https://c.test c;
    }
    map $who:$request_method $both { default none; a:GET "a, get"; ~^(.):OPTIONS$ $who-$1; }
    server {
        listen 80;
        server_name api.test;
        add_header X-Block plain always;
    }
    server {
        listen 443 ssl default_server;
        server_name other.test *.other.test;
        ssl_certificate /a; ssl_certificate_key /b;
        add_header X-Block other always;
    }
    server {
        listen 443 ssl;
        server_name api.test ~^v\d+\.api\.test$;
        ssl_certificate /a; ssl_certificate_key /b;
        add_header X-Block server always;
        error_page 502 504 @down;
        error_page 500 /sorry/500.html;
        if ($http_origin = https://old.test) { return 410; }
        location = /exact { add_header X-Block exact always; }
        location /exact { add_header X-Block prefix always; }
        location ^~ /files/ { add_header X-Block files always; location ~ \.png$ { add_header X-Block png always; } }
        location ~ ^/[ab]/\d+$ { add_header X-Block first always; }
        location ~* \.PNG$ { add_header X-Block pictures always; }
        location /inherits { proxy_pass http://up; }
        location /merges {
            add_header_inherit merge;
            add_header X-Mine own always;
            location /merges/too { add_header X-More more always; }
            location /merges/not { add_header_inherit on; add_header X-More more always; }
            location /merges/ended { add_header_inherit off; }
        }
        location /gone { return 502; }
        location /broken { return 500; }
        location /told { return 502 "in words"; }
        location /if {
            add_header X-Block if-not;
            set $mine "v-$request_method";
            if ($request_method = OPTIONS) { add_header X-Block preflight; add_header X-Mine $mine; return 204; }
            if ($http_origin ~ "^https://b") { add_header X-Block of-b; }
            proxy_pass http://up;
        }
        location /unsent { add_header X-Block unsent; return 403; }
        location /limited { limit_except GET { deny all; } add_header X-Block limited always; if ($request_method = OPTIONS) { return 204; } }
        location /old { rewrite ^/old/(.*)$ /exact/$1 last; }
        location /moved { rewrite ^ https://elsewhere.test/ permanent; }
        location /sorry/ { internal; add_header X-Block sorry always; }
        location /values { add_header X-Who $who always; add_header X-Both $both always; add_header X-Block values always; }
        location /tries { try_files $uri @tried; add_header X-Block tries always; location /tries/none { try_files /nowhere =502; } }
        location /tries/page { try_files /nowhere /exact?x; add_header X-Block tries always; }
        location /tries/itself { try_files /nowhere $uri; add_header X-Block itself always; return 403; }
        location /tries/if { try_files /nowhere @tried; add_header X-Block tries always; if ($http_origin) { add_header X-Block if always; } proxy_pass http://up; }
        location /tries/further { try_files /nowhere @further; }
        location @tried { add_header X-Block tried always; proxy_pass http://up; }
        location @further { rewrite ^ /files/x.png last; }
        location /last/ { rewrite ^/last/(.*)$ /exact/$1 last; return 404; }
        location /break/ { rewrite ^ /exact/1; break; add_header X-Block break always; proxy_pass http://up; }
        location /on/ { rewrite ^/on/(.*)$ /files/$1; set $mine "on-$uri"; if ($http_origin) { rewrite ^ /exact/2 last; return 404; } }
        location /looks/ { rewrite ^ /exact/http://x last; }
        location @down { add_header X-Block down always; return 503 "down"; }
    }
    server {
        listen 80;
        server_name rewrites.test;
        rewrite ^/a/(.*)$ /$1 break;
        rewrite ^/b/(.*)$ /$1 last;
        if ($http_origin) { break; }
        rewrite ^/exact /c;
        add_header X-Block rewrites always;
        location /exact { add_header X-Block exact always; return 204; }
        location /a/ { add_header X-Block a always; return 204; }
        location /c { add_header X-Block c always; return 204; }
    }
    server {
        listen 80;
        server_name closed.test;
        error_page 503 /sorry;
        error_page 502 @sorry;
        add_header X-Block closed always;
        if ($http_origin) { return 502; }
        if ($request_method = GET) { return 503; }
        location /sorry { add_header X-Block sorry always; }
        location @sorry { add_header X-Block named always; return 502; }
    }
}
`

// Which block answers, and what it adds, is as the real nginx has it.
func TestNginxAnswer(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "nginx.conf")
	require.NoError(t, os.WriteFile(file, []byte(answering), 0o644))
	read, err := read(file, adapter.FromSetup)
	require.NoError(t, err)
	cfg := gatewaytest.ConfigT(t)
	cfg.Hosts = []string{"nobody.test", "v2.api.test", "sub.other.test"}
	_, endpoint := gatewaytest.StartT(t, "nginx", file, cfg)
	client := gatewaytest.ClientT(t, endpoint)
	tests := []struct {
		request string // method and URL
		origin  string
		header  string // empty for X-Block
		want    string
	}{
		{request: "GET http://api.test/x", want: "plain"},
		{request: "GET https://sub.other.test/x", want: "other"},
		{request: "GET https://nobody.test/x", want: "other"},
		{request: "GET https://v2.api.test/x", want: "server"},
		{request: "GET https://api.test/x", origin: "https://old.test", want: "server"},
		{request: "GET https://api.test/exact", want: "exact"},
		{request: "GET https://api.test/exact/2", want: "prefix"},
		{request: "GET https://api.test//exact/./2?x", want: "prefix"},
		{request: "GET https://api.test/files/x.PNG", want: "files"},
		{request: "GET https://api.test/files/x.png", want: "png"},
		{request: "GET https://api.test/exact/x.png", want: "pictures"},
		{request: "GET https://api.test/a/17", want: "first"},
		{request: "GET https://api.test/inherits/1", want: "server"},
		{request: "GET https://api.test/merges", want: "server"},
		{request: "GET https://api.test/merges", header: "X-Mine", want: "own"},
		{request: "GET https://api.test/merges/too", want: "server"},
		{request: "GET https://api.test/merges/too", header: "X-Mine", want: "own"},
		{request: "GET https://api.test/merges/not", want: ""},
		{request: "GET https://api.test/merges/not", header: "X-More", want: "more"},
		{request: "GET https://api.test/merges/ended", want: ""},
		{request: "GET https://api.test/gone", want: "down"},
		{request: "GET https://api.test/broken", want: "sorry"},
		{request: "GET https://api.test/told", want: "server"},
		{request: "GET https://api.test/if", want: "if-not"},
		{request: "GET https://api.test/if", origin: "https://b.test", want: "of-b"},
		{request: "OPTIONS https://api.test/if", origin: "https://b.test", want: "preflight"},
		{request: "OPTIONS https://api.test/if", header: "X-Mine", want: "v-OPTIONS"},
		{request: "GET https://api.test/unsent", want: ""},
		{request: "OPTIONS https://api.test/limited", want: "limited"},
		{request: "GET https://api.test/limited", want: "limited"},
		{request: "GET https://api.test/old/1", want: "prefix"},
		{request: "GET https://api.test/moved", want: "server"},
		{request: "GET https://api.test/tries/1", want: "tried"},
		{request: "GET https://api.test/tries/none", want: "down"},
		{request: "GET https://api.test/tries/page", want: "exact"},
		{request: "GET https://api.test/tries/itself", want: "itself"},
		{request: "GET https://api.test/tries/if", want: "tried"},
		{request: "GET https://api.test/tries/if", origin: "https://b.test", want: "if"},
		{request: "GET https://api.test/tries/further", want: "png"},
		{request: "GET https://api.test/last/1", want: "prefix"},
		{request: "GET https://api.test/break/1", want: "break"},
		{request: "GET https://api.test/on/1", want: "files"},
		{request: "GET https://api.test/on/1", origin: "https://b.test", want: "prefix"},
		{request: "GET https://api.test/looks/1", want: "prefix"},
		{request: "GET http://rewrites.test/a/exact", want: "exact"},
		{request: "GET http://rewrites.test/b/exact", want: "exact"},
		{request: "GET http://rewrites.test/exact", want: "c"},
		{request: "GET http://rewrites.test/exact", origin: "https://b.test", want: "exact"},
		{request: "GET http://closed.test/x", want: "closed"},
		{request: "POST http://closed.test/x", origin: "https://b.test", want: "named"},
		{request: "GET https://api.test/values", header: "X-Who", origin: "https://a.test", want: "a"},
		{request: "GET https://api.test/values", header: "X-Who", origin: "https://B.other", want: "other"},
		{request: "GET https://api.test/values", header: "X-Who", origin: "HTTPS://C.test", want: "c"},
		{request: "GET https://api.test/values", header: "X-Who", origin: "https://d.test", want: ""},
		{request: "GET https://api.test/values", header: "X-Both", origin: "https://a.test", want: "a, get"},
		{request: "OPTIONS https://api.test/values", header: "X-Both", origin: "https://a.test", want: "a-a"},
		{request: "PUT https://api.test/values", header: "X-Both", origin: "https://a.test", want: "none"},
	}
	for _, tc := range tests {
		name := tc.request + " " + tc.origin
		method, url, _ := strings.Cut(tc.request, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		require.NoError(t, err)
		one := policy.Shown{Method: method, URL: url}
		if tc.origin != "" {
			req.Header.Set("Origin", tc.origin)
			one.Request = fetch.HeaderList{{"Origin", tc.origin}}
		}
		resp, err := client.Do(req)
		require.NoError(t, err, name)
		resp.Body.Close()
		if tc.header == "" {
			tc.header = "X-Block"
		}
		assert.Equal(t, tc.want, strings.Join(resp.Header.Values(tc.header), "|"), "%s: what nginx says, with status %d", name, resp.StatusCode)

		one.Status = resp.StatusCode
		asked, ok := askedOf(&one)
		require.True(t, ok)
		a := read.(*conf).answer(asked)
		if a.by != nil {
			assert.Equal(t, resp.StatusCode, a.status, name)
		}
		lines, sure := a.lines(tc.header)
		assert.True(t, sure, "%s: %s", name, a.doubt)
		var got []string
		for _, l := range lines {
			got = append(got, l.value)
		}
		assert.Equal(t, tc.want, strings.Join(got, "|"), name)
	}
}

// What Go's expressions can't say, and values that nginx alone knows, are no
// certain answer.
func TestNginxAnswerInDoubt(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`if ($http_origin ~ "^(?!https://a)") { return 403; }`, `if ($request_id = x) { return 403; }`, `if (-f /etc/nowhere) { return 403; }`,
		`add_header Access-Control-Allow-Origin $upstream_http_x;`, `rewrite "^(?!x)" /y last;`,
		`} location ~ ^/(?!x) { return 204;`, `location ~ ^/(?!x) { return 204; }`, `try_files $uri $request_id;`, `try_files $uri @nowhere;`,
		`server { listen 80; try_files /nowhere $uri/x; }`, `try_files /nowhere $uri/x;`, `try_files /nowhere @a; } location @a { try_files /nowhere @a;`, `rewrite ^(.*)$ $1/x last;`,
		`} } server { server_name ~^a(?!x); return 204; location /x {`,
	} {
		server := line
		if !strings.HasPrefix(line, "server") {
			server = "server { listen 80; location / { " + line + " } }"
		}
		read, err := read(gatewaytest.WriteT(t, "nginx.conf", "http { "+server+" }"), adapter.FromSetup)
		require.NoError(t, err)
		asked, _ := askedOf(&policy.Shown{Method: "GET", URL: "http://a.test/", Status: 200})
		_, sure := read.(*conf).answer(asked).lines(allowOrigin)
		assert.False(t, sure, line)
	}
}
