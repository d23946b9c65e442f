package story

import (
	"strings"

	"github.com/corsproof/corsproof/harness/fetch"
)

// A sign is what a product leaves in its responses.
type sign struct {
	header, contains string // in lower case; an empty text is any value
	product, place   string
}

// signs are looked at in this order: what stands in front of others comes first.
var signs = []sign{
	{"server", "cloudflare", "Cloudflare", "the server behind it, or a Response Header Transform Rule"},
	{"x-amz-cf-id", "", "Amazon CloudFront", "its response headers policy, and the origin behind it"},
	{"x-amz-apigw-id", "", "Amazon API Gateway", "the API's CORS configuration (HTTP API), or an OPTIONS method and the integration's response (REST API), with gateway responses for errors"},
	{"x-amz-request-id", "", "Amazon S3", "the bucket's CORS configuration"},
	{"via", "kong", "Kong", "its cors plugin"},
	{"server", "kong", "Kong", "its cors plugin"},
	{"server", "istio-envoy", "Istio", "corsPolicy of the VirtualService, or the filter of an HTTPRoute"},
	{"server", "envoy", "Envoy", "the CorsPolicy of the route or the virtual host, with the filter envoy.filters.http.cors before all that may refuse a preflight"},
	{"server", "openresty", "OpenResty", "add_header … always in the location that answered, or Lua"},
	{"server", "nginx", "nginx", "add_header … always in the location that answered; an add_header in it ends what is inherited"},
	{"server", "apache", "Apache httpd", "Header always set …, in the virtual host or .htaccess"},
	{"server", "caddy", "Caddy", "the header directive of the site that answered"},
	{"server", "haproxy", "HAProxy", "http-after-response set-header …, which also covers its own errors"},
	{"server", "awselb", "an AWS load balancer", "the application behind it; the load balancer's own errors have no such header"},
	{"server", "google frontend", "Google Cloud", "the application or the load balancer's custom response headers"},
	{"server", "vercel", "Vercel", "headers in vercel.json, or the function itself"},
	{"server", "netlify", "Netlify", "the _headers file, or the function itself"},
	{"server", "github.com", "GitHub", "nothing that its users can change"},
	{"server", "uvicorn", "a Python application (uvicorn)", "CORSMiddleware, added so that it is outside of all other middleware"},
	{"server", "hypercorn", "a Python application (hypercorn)", "CORSMiddleware, added so that it is outside of all other middleware"},
	{"server", "gunicorn", "a Python application (gunicorn)", "Flask-CORS or django-cors-headers, before all other middleware"},
	{"server", "werkzeug", "a Flask application (Werkzeug)", "Flask-CORS"},
	{"server", "kestrel", "ASP.NET Core (Kestrel)", "AddCors and UseCors, which stands after UseRouting and before UseAuthorization"},
	{"server", "microsoft-iis", "IIS", "the IIS CORS module, or customHeaders in web.config"},
	{"server", "jetty", "a Java application (Jetty)", "its CorsFilter or CrossOriginHandler, or Spring's CorsConfigurationSource"},
	{"server", "tomcat", "a Java application (Tomcat)", "Tomcat's CorsFilter, or Spring's CorsConfigurationSource"},
	{"x-powered-by", "express", "Express", "the cors middleware, before the routes and before authentication"},
	{"x-powered-by", "next.js", "Next.js", "headers() in next.config.js, or the route handler"},
	{"x-powered-by", "asp.net", "ASP.NET", "EnableCors, or customHeaders in web.config"},
	{"x-powered-by", "php", "PHP", "header() before any output, or the web server in front"},
	{"server", "varnish", "Varnish", "vcl_deliver, and vcl_synth for its own errors"},
	{"via", "varnish", "Varnish", "vcl_deliver, and vcl_synth for its own errors"},
}

// where guesses where the answer that decided has its headers from: the answer that
// decided, else the last.
func (t *teller) where() *Guess {
	var headers fetch.HeaderList
	switch {
	case t.decided != nil:
		headers = t.decided.Response.Headers
	default:
		for _, x := range t.paper.answers {
			if x.Response != nil {
				headers = x.Response.Headers
			}
		}
	}
	for _, s := range signs {
		for _, h := range headers {
			if strings.EqualFold(h.Name(), s.header) && strings.Contains(strings.ToLower(h.Value()), s.contains) {
				return &Guess{By: h.Name() + ": " + h.Value(), Product: s.product, Place: s.place}
			}
		}
	}
	return nil
}
