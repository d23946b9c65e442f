package nginx

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers/gateway"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
	"github.com/corsproof/corsproof/servers/gateway/internal/gatewaytest"
)

// What a fix says for an answer of the real nginx, in front of an upstream that sends
// some lines of its own: lines of the config if it is certain whose the mistake is, else
// words alone.
func TestNginxFixIsOfWhoSaysIt(t *testing.T) {
	t.Parallel()
	const evil, app = "https://evil.test", "https://app.test"
	const right = "location / {\n            add_header Access-Control-Allow-Origin https://app.test always;\n            add_header Access-Control-Allow-Credentials true always;\n" +
		"            proxy_pass http://app.internal;\n        }"
	const addVary = "nginx.conf:6: insert after this line: add_header Vary Origin always;"
	open := func(name string) string {
		return name + " {\n            add_header Access-Control-Allow-Origin $http_origin always;\n            proxy_pass http://app.internal;\n        }"
	}
	const compare = "change the responses generated here: compare the whole Origin with the policy's origins, and echo it if it is one of them"
	const ownMap = `nginx.conf:2: insert after this line: map $http_origin $cors_origin {
    default "";
    "~^https://app\.test$" $http_origin;
    "~^https://pr-[a-z0-9-]+\.previews\.test$" $http_origin;
}

`
	for _, tc := range []struct {
		name     string
		lines    string // of the server, from line 4 on
		upstream http.Header
		kind     policy.FixKind
		origin   string
		want     string
	}{
		{"the upstream", "location / {\n            proxy_pass http://app.internal;\n        }", http.Header{allowOrigin: {"*"}}, policy.FixDenyOrigin, evil,
			"nginx.conf:4: insert after this line: proxy_hide_header Access-Control-Allow-Origin;"},
		{"the config", open("location /"), nil, policy.FixDenyOrigin, evil,
			ownMap + "nginx.conf:5: replace with: add_header Access-Control-Allow-Origin $cors_origin always;"},
		{"where try_files leads", "location / { try_files $uri @app; }\n        " + open("location @app"), nil, policy.FixDenyOrigin, evil,
			ownMap + "nginx.conf:6: replace with: add_header Access-Control-Allow-Origin $cors_origin always;"},
		{"where try_files leads, which can't be told", "location / { try_files $uri /v$arg_v$request_id; }\n        " + open("location /v"), nil, policy.FixDenyOrigin, evil, "nginx.conf:4: " + compare},
		{"an expression that only PCRE knows", "location / { proxy_pass http://app.internal; }\n        " + open("location ~ ^/(?!public)"), nil, policy.FixDenyOrigin, evil, "nginx.conf:4: " + compare},
		{"what two levels merge", "add_header X-Frame-Options DENY always;\n        location / {\n            add_header_inherit merge;\n            add_header Access-Control-Allow-Origin https://app.test always;\n" +
			"            add_header Access-Control-Allow-Credentials true always;\n            proxy_pass http://app.internal;\n            location /none {\n                add_header_inherit on;\n" +
			"                proxy_pass http://app.internal;\n            }\n        }", nil, policy.FixScope, app,
			"nginx.conf:10: insert after this line: add_header Access-Control-Allow-Credentials true always;\nadd_header X-Frame-Options DENY always;"},
		{"an if with blanks", "location = /me {\n            if ( $http_origin ~ \"(app|previews)\\.test$\" ) {\n                set $page $http_origin;\n            }\n" +
			"            add_header Access-Control-Allow-Origin $page always;\n            add_header Access-Control-Allow-Credentials true always;\n            proxy_pass http://app.internal;\n        }",
			nil, policy.FixDenyOrigin, "https://evilapp.test", "nginx.conf:5: replace with: if ($http_origin ~ \"^(https://app\\.test|https://pr-[a-z0-9-]+\\.previews\\.test)$\") {"},
		{"a Vary beside that of gzip", right + "\n        gzip on; gzip_vary on;", nil, policy.FixVary, app, addVary},
		{"a Vary beside the upstream's", right, http.Header{vary: {"Accept-Encoding"}}, policy.FixVary, app, addVary},
		{"a Vary beside both", right + "\n        gzip on; gzip_vary on;", http.Header{vary: {"Accept-Encoding", "Accept"}}, policy.FixVary, app, addVary},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := "/me"
			if tc.kind == policy.FixScope {
				path = "/none"
			}
			assert.Equal(t, tc.want, wording(t, tc.lines, tc.upstream, tc.kind, path, tc.origin))
		})
	}
}

// What came and neither the config nor the upstream has is of somebody else, and no line
// is certain.
func TestNginxFixOfWhatNobodySays(t *testing.T) {
	t.Parallel()
	parsed, err := policy.Parse("cors.yaml", []byte(gatewaytest.Policy))
	require.NoError(t, err)
	view, err := parsed.On("edge")
	require.NoError(t, err)
	star := fetch.HeaderList{{allowOrigin, "*"}}
	for _, tc := range []struct {
		name, line string
		upstream   fetch.HeaderList
		want       policy.Change
	}{
		{"the upstream sent it", "", star, policy.Insert},
		{"the upstream sent another", "", fetch.HeaderList{{allowOrigin, "https://evil.test"}}, policy.Words},
		{"nobody sent it", "", nil, policy.Words},
		{"a module may have", "more_set_headers 'Access-Control-Allow-Origin: *';", star, policy.Words},
		{"a script may have", "header_filter_by_lua_block { ngx.header.x = {} }", star, policy.Words},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			file := gatewaytest.WriteT(t, "nginx.conf", "http {\n server {\n listen 80;\n location / {\n "+tc.line+"\n proxy_pass http://app; } } }\n")
			c, err := read(file, adapter.FromSetup)
			require.NoError(t, err)
			one := policy.Shown{Method: "GET", URL: "http://api.test/me", Request: fetch.HeaderList{{"Origin", "https://evil.test"}}, Status: 200, Answer: star, FromUpstream: true, Upstream: tc.upstream}
			assert.Equal(t, tc.want, adapter.Word(c, policy.Fix{Kind: policy.FixDenyOrigin, View: view, Shown: []policy.Shown{one}}).Change)
		})
	}
}

func wording(t *testing.T, lines string, upstream http.Header, kind policy.FixKind, path, origin string) string {
	t.Helper()
	parsed, err := policy.Parse("cors.yaml", []byte(gatewaytest.Policy))
	require.NoError(t, err)
	view, err := parsed.On("edge")
	require.NoError(t, err)
	file := gatewaytest.WriteT(t, "nginx.conf", "events {}\nhttp {\n    server { listen 80;\n        "+lines+"\n    }\n}\n")
	c, err := read(file, adapter.FromSetup)
	require.NoError(t, err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range upstream {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Type", "text/html") // which is compressed
		io.WriteString(w, strings.Repeat("a body ", 100))
	}))
	t.Cleanup(s.Close)
	g, err := gateway.New(t.Context(), "nginx", file, gatewaytest.ConfigT(t))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	endpoint, err := g.Start(t.Context(), wire.Upstream{Plain: wire.Address{Network: "tcp", Address: s.Listener.Addr().String()}})
	require.NoError(t, err)
	one := policy.Shown{Method: "GET", URL: "http://api.test" + path, Request: fetch.HeaderList{{"Origin", origin}}, FromUpstream: true}
	req, err := http.NewRequestWithContext(t.Context(), one.Method, one.URL, nil)
	require.NoError(t, err)
	req.Header.Set("Origin", origin)
	resp, err := gatewaytest.ClientT(t, endpoint).Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	one.Status, one.Answer, one.Upstream = resp.StatusCode, headerList(resp.Header), headerList(upstream)
	w := adapter.Word(c, policy.Fix{Kind: kind, Values: gatewaytest.FixValues[kind], View: view, Shown: []policy.Shown{one}})
	return strings.ReplaceAll(w.String(), filepath.Dir(file)+"/", "")
}

func headerList(h http.Header) fetch.HeaderList {
	var list fetch.HeaderList
	for name, values := range h {
		for _, v := range values {
			list = append(list, fetch.Header{name, v})
		}
	}
	return list
}
