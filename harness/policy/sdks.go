package policy

// sdkHeaders are what the common browser SDKs add to cross-origin requests:
// tracing (W3C Trace Context, Sentry, Datadog, New Relic, Zipkin's B3, AWS X-Ray,
// Application Insights, Elastic), authentication, CSRF tokens and libraries
// that mark their requests.
var sdkHeaders = []string{
	"authorization",
	"b3",
	"baggage",
	"elastic-apm-traceparent",
	"idempotency-key",
	"newrelic",
	"request-context",
	"request-id",
	"sentry-trace",
	"traceparent",
	"tracestate",
	"x-amzn-trace-id",
	"x-api-key",
	"x-b3-parentspanid",
	"x-b3-sampled",
	"x-b3-spanid",
	"x-b3-traceid",
	"x-csrf-token",
	"x-datadog-origin",
	"x-datadog-parent-id",
	"x-datadog-sampling-priority",
	"x-datadog-trace-id",
	"x-requested-with",
	"x-xsrf-token",
}

// SDKHeaders returns the request headers that browser-sdks stands for, sorted and in
// lower case. The caller owns the slice.
func SDKHeaders() []string { return append([]string(nil), sdkHeaders...) }
