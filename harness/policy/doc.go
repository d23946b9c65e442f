// Package policy reads what a gateway's CORS policy is meant to be: which pages
// may read what, written down once, apart from any gateway's syntax.
//
//	targets:                                   # who answers
//	  edge: {gateway: nginx, file: nginx.conf, url: https://api.shop.example.com}
//	  staging: {url: https://api.staging.shop.example.net}
//
//	origins:                                   # pages, in groups
//	  shop: [https://shop.example.com, https://www.shop.example.com]
//	  previews:
//	    allow:
//	      - {origin: "https://shop-pr-*.example.net", examples: [https://shop-pr-17.example.net]}
//	    deny: [https://shop-pr-0.example.net]  # wins over every allow
//	    targets: [staging]                     # counts there alone
//	  everybody: ["*"]                         # "null" is the other word
//
//	defaults:                                  # for routes that don't say it
//	  origins: [shop, previews]
//	  methods: [GET, POST]
//	  headers: [content-type, browser-sdks]    # those of the common SDKs
//	  credentials: true
//	  expose: [x-request-id]
//	  max_age: 600                             # seconds
//	  readable_errors: [401, 404, 500, 502, 503, 504]
//	  owner: team-shop
//
//	routes:
//	  - path: /orders/{id}
//	    sample: {id: "17"}
//	    methods: [GET, PUT, DELETE]            # instead of the defaults'
//	    auth: {bearer: {env: SHOP_TOKEN}}      # or api_key, cookie; env or file
//	  - path: /internal/metrics
//	    cors: none                             # no page of another origin
//
//	accepted_risks:                            # what the lint would refuse
//	  any-subdomain: the DNS zone is reviewed each week
//
// The entry point is [Parse], which finds every mistake at once, each with its
// place and what to write instead. [Policy.Lint] says what is dangerous in a
// policy without mistakes. [Policy.On] is the policy as it stands on one target;
// it decides ([Effective.Origin]) and says which headers an answer must have
// ([Effective.PreflightHeaders], [Effective.ResponseHeaders]). A [Fix] is what
// would make a gateway follow it.
//
// # What is decided
//
// A route's own setting replaces the defaults' as a whole; lists don't add up.
// Of the routes that match a path the most precise holds. What no route matches
// is denied to every other origin: no page can read what an unlisted path answers
// with success. Of a 404 there the policy says nothing, readable or not, unless it
// says "unlisted: not-found": then pages of the defaults' origins can read it, as
// the defaults' readable_errors have it. "unlisted: unjudged" is for a gateway that
// serves more than the policy is about.
//
// A "*" in an origin is a part of one label, at least one character of a to z,
// 0 to 9 and "-"; "**" as the first label is one label or more; ":*" is any
// port. A pattern has examples, because a gateway's own expression may well
// mean less than the pattern. Everything else is compared byte for byte, as
// browsers do.
//
// Deny wins over allow among the groups that a route names. A group that is
// limited to some targets denies on all others, and that is tested there.
//
// GET, HEAD and POST can't be denied by CORS, nor can headers that need no
// listing; methods and headers list what pages use. readable_errors promises
// that a response is readable; of errors that aren't listed the policy says
// nothing.
//
// A policy holds no secret, only where one is. Values carry their place, so that
// everything derived from a policy can name the line that it comes from.
//
// The package reads no file, no environment and no clock.
package policy
