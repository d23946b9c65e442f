// Package policy reads the intended CORS policy of a gateway: which pages may read
// what, written once, independent of any gateway's syntax.
//
//	targets:                                   # gateway configs, or URLs
//	  edge: {gateway: nginx, file: nginx.conf, url: https://api.shop.example.com}
//	  staging: {url: https://api.staging.shop.example.net}
//
//	origins:                                   # pages, in groups
//	  shop: [https://shop.example.com, https://www.shop.example.com]
//	  previews:
//	    allow:
//	      - {origin: "https://shop-pr-*.example.net", examples: [https://shop-pr-17.example.net]}
//	    deny: [https://shop-pr-0.example.net]  # wins over every allow
//	    targets: [staging]                     # applies only there
//	  everybody: ["*"]                         # or "null", the opaque origin
//
//	defaults:                                  # for routes that don't set it
//	  origins: [shop, previews]
//	  methods: [GET, POST]
//	  headers: [content-type, browser-sdks]    # the headers of common SDKs
//	  credentials: true
//	  expose: [x-request-id]
//	  max_age: 600                             # seconds
//	  readable_errors: [401, 404, 500, 502, 503, 504]
//	  owner: team-shop
//
//	routes:
//	  - path: /orders/{id}
//	    sample: {id: "17"}
//	    methods: [GET, PUT, DELETE]            # replaces the defaults' list
//	    auth: {bearer: {env: SHOP_TOKEN}}      # or api_key, cookie; env or file
//	  - path: /internal/metrics
//	    cors: none                             # no page of another origin
//
//	accepted_risks:                            # concerns that the lint would refuse
//	  any-subdomain: the DNS zone is reviewed each week
//
// The entry point is [Parse]. It finds all mistakes at once, each with its position
// and what to write instead. [Policy.Lint] finds what is dangerous in a policy
// without mistakes. [Policy.On] returns the policy on one target, which decides
// ([Effective.Origin]) and says which headers a response must have
// ([Effective.PreflightHeaders], [Effective.ResponseHeaders]). A [Fix] is a change
// that makes a gateway follow the policy.
//
// # What is decided
//
// A route's own setting replaces the defaults' as a whole; lists are not merged. If
// several routes match a path, the most precise one applies. Paths that no route
// matches are denied to every other origin: no page may read a successful response
// there. A 404 there may be readable or not, unless the policy says "unlisted:
// not-found": then pages of the defaults' origins must be able to read it, as
// readable_errors of the defaults says. "unlisted: unjudged" is for a gateway that
// serves more than the policy describes.
//
// A "*" in an origin matches a part of one label, one or more characters of a to z,
// 0 to 9 and "-". "**" as the first label matches one or more labels, and ":*" any
// port. A pattern needs examples, because a gateway's own expression may match less
// than the pattern. Everything else is compared byte for byte, as browsers do.
//
// Deny wins over allow among the groups of a route. A group that is limited to some
// targets is denied on all others, and checks of the others test that.
//
// CORS cannot deny GET, HEAD and POST, nor headers that need no listing; methods and
// headers list what pages use. A response with a status in readable_errors must be
// readable; other error responses may be readable or not.
//
// A policy contains no secret, only where to find one. Values carry their position,
// so that everything derived from a policy can name the line that it comes from.
//
// The package reads no file, no environment and no clock.
package policy
