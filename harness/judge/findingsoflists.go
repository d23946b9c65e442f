package judge

import (
	"slices"
	"strings"

	"github.com/corsproof/corsproof/harness/catalog"
	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/policy"
)

// Methods, request headers, credentials, exposed headers.
const (
	AllowMethodsMissing      FindingID = "allow-methods-missing"
	MethodCase               FindingID = "method-case"
	AllowHeadersMissing      FindingID = "allow-headers-missing-header"
	AllowHeadersWildcard     FindingID = "allow-headers-wildcard-with-credentials"
	AllowMethodsWildcard     FindingID = "allow-methods-wildcard-with-credentials"
	WildcardNotAuthorization FindingID = "allow-headers-wildcard-excludes-authorization"
	AllowListInvalid         FindingID = "allow-list-invalid-token"
	AcacNotTrue              FindingID = "acac-not-exact-true"
	AcacForDenied            FindingID = "acac-true-for-denied-origin"
	CookieNotSent            FindingID = "credential-cookie-not-sent"
	CredentialsDropped       FindingID = "credentials-dropped-by-client-mode"
	ExposeMissing            FindingID = "expose-headers-missing"
	ExposeWildcard           FindingID = "expose-headers-wildcard-with-credentials"
	HeadersOnWrongAnswer     FindingID = "expose-headers-only-on-preflight"
	SafelistOverflow         FindingID = "safelist-overflow-preflight"
	RangeNotSafelisted       FindingID = "range-not-safelisted"
	UploadListener           FindingID = "upload-listener-forces-preflight"
)

var findingsOfLists = []row{
	{
		Kind: Kind{AllowMethodsMissing, "Access-Control-Allow-Methods lacks a method", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeList + 40, func(d *diagnosis, s *symptom) bool { return s.detail() == fetch.DetailMethodNotAllowed }},
			{placePreflight + 70, func(d *diagnosis, s *symptom) bool { return s.declined() && d.onlyWithMethod(s) }},
		},
		remedy: fixedBy(policy.FixAllowMethod, insideMethods),
	},
	{
		Kind: Kind{MethodCase, "Access-Control-Allow-Methods spells a method in another case", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeScope + 10, func(d *diagnosis, s *symptom) bool {
				consents := s.effect == effectAllowed || s.effect == effectRequests && s.onlyPreflightConsents()
				return s.probes(catalog.AreaMethod, catalog.OtherCase) && consents && !d.overConsents()
			}},
			{placeList + 30, func(d *diagnosis, s *symptom) bool {
				return s.detail() == fetch.DetailMethodNotAllowed && s.listsFolded("Access-Control-Allow-Methods", s.asked())
			}},
		},
		remedy: fixedBy(policy.FixAllowMethod, insideMethods),
	},
	{
		Kind: Kind{AllowHeadersMissing, "Access-Control-Allow-Headers lacks a header", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeList + 110, func(d *diagnosis, s *symptom) bool { return s.lacksHeader() }},
			{placePreflight + 80, func(d *diagnosis, s *symptom) bool { return s.declined() && d.onlyWithHeaders(s) }},
		},
		remedy: fixedBy(policy.FixAllowHeader, lackedNames),
	},
	{
		Kind: Kind{AllowHeadersWildcard, "Access-Control-Allow-Headers: * has no effect with credentials", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeList + 50, func(d *diagnosis, s *symptom) bool {
				return s.lacksHeader() && s.lists("Access-Control-Allow-Headers", fetch.Wildcard) &&
					d.someSymptom(func(o *symptom) bool { return o.lacksHeader() && o.includes() })
			}},
		},
		remedy: fixedBy(policy.FixAllowHeader, lackedNames),
	},
	{
		Kind: Kind{AllowMethodsWildcard, "Access-Control-Allow-Methods: * has no effect with credentials", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeList + 20, func(d *diagnosis, s *symptom) bool {
				return s.detail() == fetch.DetailMethodNotAllowed && s.lists("Access-Control-Allow-Methods", fetch.Wildcard)
			}},
		},
		remedy: fixedBy(policy.FixAllowMethod, insideMethods),
	},
	{
		Kind: Kind{WildcardNotAuthorization, "Access-Control-Allow-Headers: * does not cover Authorization", SeverityAnnoyance, LayerGateway},
		explains: []explanation{
			{placeList + 70, func(d *diagnosis, s *symptom) bool {
				return s.lacksHeader() && s.lists("Access-Control-Allow-Headers", fetch.Wildcard)
			}},
		},
		remedy: fixedBy(policy.FixAllowHeader, lackedNames),
	},
	{
		Kind: Kind{AllowListInvalid, "a list in the preflight response is malformed", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeList + 10, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectRefused && s.preflight() && (s.malformed("Access-Control-Allow-Methods") || s.malformed("Access-Control-Allow-Headers"))
			}},
		},
		remedy: invalidListRemedy,
	},
	{
		Kind: Kind{AcacNotTrue, "Access-Control-Allow-Credentials is not exactly \"true\"", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeCredentials + 10, func(d *diagnosis, s *symptom) bool { return s.detail() == fetch.DetailCredentialsInvalid }},
			{placeCredentials + 30, func(d *diagnosis, s *symptom) bool {
				return s.withoutCredentials() && !d.allowsCredentials(s, func(*fact) bool { return true })
			}},
		},
		remedy: fixedBy(policy.FixAllowCredentials, nothing),
	},
	{
		Kind: Kind{AcacForDenied, "denied origins get Access-Control-Allow-Credentials: true", SeverityAnnoyance, LayerGateway},
		note: &note{20, func(f *fact) bool {
			return f.route != nil && f.origin != "" && !f.allowed && !f.upstreamConsents && !f.consents && f.answer.Contains("access-control-allow-credentials")
		}, "Access-Control-Allow-Credentials is sent to origins that may not read; alone it does nothing", nil, nil},
	},
	{
		Kind: Kind{CookieNotSent, "the browser does not send the cookie", SeverityOutage, LayerEnvironment},
	},
	{
		Kind: Kind{CredentialsDropped, "the page sends its request without credentials", SeverityOutage, LayerClient},
	},
	{
		Kind: Kind{ExposeMissing, "Access-Control-Expose-Headers lacks a header", SeverityAnnoyance, LayerGateway},
		explains: []explanation{
			{placeExposed + 40, func(d *diagnosis, s *symptom) bool { return s.effect == effectHidden }},
		},
		remedy: fixedBy(policy.FixExpose, exposed),
	},
	{
		Kind: Kind{ExposeWildcard, "Access-Control-Expose-Headers: * has no effect with credentials", SeverityAnnoyance, LayerGateway},
		explains: []explanation{
			{placeExposed + 10, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectHidden && s.includes() && s.lists("Access-Control-Expose-Headers", fetch.Wildcard)
			}},
			{placeExposed + 30, func(d *diagnosis, s *symptom) bool {
				return s.effect == effectShown && s.lists("Access-Control-Expose-Headers", fetch.Wildcard) && d.someSymptom(func(o *symptom) bool {
					return o.effect == effectHidden && o.includes() && o.lists("Access-Control-Expose-Headers", fetch.Wildcard)
				})
			}},
		},
		remedy: fixedBy(policy.FixExpose, exposed),
	},
	{
		Kind: Kind{HeadersOnWrongAnswer, "a CORS header is on the wrong response", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeExposed + 20, func(d *diagnosis, s *symptom) bool {
				exposes := func(f *fact) bool {
					return f.route == s.route && slices.ContainsFunc(f.answer.Items("access-control-expose-headers"), func(name string) bool {
						return strings.EqualFold(name, s.mismatch.Header) || name == fetch.Wildcard
					})
				}
				return s.effect == effectHidden && s.lines("Access-Control-Expose-Headers") == nil &&
					d.some(func(f *fact) bool { return f.preflight && exposes(f) }) && !d.some(func(f *fact) bool { return !f.preflight && exposes(f) })
			}},
			{placeList + 80, func(d *diagnosis, s *symptom) bool {
				lists := func(preflight bool) bool {
					return d.some(func(f *fact) bool {
						return f.preflight == preflight && f.answer.Contains("access-control-allow-headers")
					})
				}
				return s.lacksHeader() && lists(false) && !lists(true)
			}},
		},
		remedy: wrongAnswerRemedy,
	},
	{
		Kind: Kind{SafelistOverflow, "a long header value must be listed in Access-Control-Allow-Headers", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeList + 100, func(d *diagnosis, s *symptom) bool {
				return s.lacksHeader() && d.lacksOnly("accept", "accept-language", "content-language")
			}},
		},
		remedy: fixedBy(policy.FixAllowHeader, lackedNames),
	},
	{
		Kind: Kind{RangeNotSafelisted, "Range must be listed in Access-Control-Allow-Headers", SeverityOutage, LayerGateway},
		explains: []explanation{
			{placeList + 90, func(d *diagnosis, s *symptom) bool { return s.lacksHeader() && d.lacksOnly("range") }},
		},
		remedy: fixedBy(policy.FixAllowHeader, lackedNames),
	},
	{
		Kind: Kind{UploadListener, "an upload listener causes a preflight", SeverityOutage, LayerClient},
	},
}
