package fetch

// A headersGuard is https://fetch.spec.whatwg.org/#headers-guard, as far as
// requests have one.
type headersGuard int8

const (
	guardRequest headersGuard = iota
	guardRequestNoCORS
)

// A headersObject is a Headers object: https://fetch.spec.whatwg.org/#headers-class.
type headersObject struct {
	list  HeaderList
	guard headersGuard
	// ua is whose code sets the headers; its profile may forbid more.
	ua *UserAgent
}

// validate reports whether a header may be changed. The block is the TypeError
// that is thrown.
//
// https://fetch.spec.whatwg.org/#headers-validate
func (h *headersObject) validate(name, value string) (bool, *Block) {
	// Step 1.
	if !isHeaderName(name) || !isHeaderValue(value) {
		return false, &Block{
			Phase: "headers-validate", Step: "1", Detail: "invalid-header",
			Sentence: "The page's code set a header whose name or value isn't one: " + quote(name) + ": " + quote(value) + ".",
		}
	}
	// Step 3.
	if h.guard == guardRequest && h.ua.forbidsRequestHeader(name, value) {
		return false, nil
	}
	// Step 5.
	return true, nil
}

// forbidsRequestHeader is [IsForbiddenRequestHeader] with what the profile adds.
func (ua *UserAgent) forbidsRequestHeader(name, value string) bool {
	return IsForbiddenRequestHeader(name, value) ||
		ua.has(RuleUserAgentForbidden) && byteCaseInsensitiveMatch(name, "User-Agent")
}

// append appends a header as page code does.
//
// https://fetch.spec.whatwg.org/#concept-headers-append
func (h *headersObject) append(name, value string) *Block {
	// Step 1.
	value = normalizeValue(value)
	// Step 2.
	if ok, thrown := h.validate(name, value); !ok {
		return thrown
	}
	// Step 3.
	if h.guard == guardRequestNoCORS {
		// Step 3.1.
		temporaryValue, ok := h.list.get(name)
		// Step 3.2.
		if !ok {
			temporaryValue = value
		} else {
			// Step 3.3.
			temporaryValue += ", " + value
		}
		// Step 3.4.
		if !isNoCORSSafelistedRequestHeader(name, temporaryValue) {
			return nil
		}
	}
	// Step 4.
	h.list.append(name, value)
	// Step 5.
	if h.guard == guardRequestNoCORS {
		h.removePrivilegedNoCORSRequestHeaders()
	}
	return nil
}

// fill fills the object with a sequence of names and values.
//
// https://fetch.spec.whatwg.org/#concept-headers-fill
func (h *headersObject) fill(object HeaderList) *Block {
	// Step 1. A [HeaderList] is a sequence.
	for _, header := range object {
		// Step 1.1. A [Header] has two items.
		// Step 1.2.
		if thrown := h.append(header[0], header[1]); thrown != nil {
			return thrown
		}
	}
	return nil
}

// removePrivilegedNoCORSRequestHeaders is
// https://fetch.spec.whatwg.org/#concept-headers-remove-privileged-no-cors-request-headers.
func (h *headersObject) removePrivilegedNoCORSRequestHeaders() {
	// Step 1.
	for _, name := range privilegedNoCORSRequestHeaderNames {
		// Step 1.1.
		h.list.delete(name)
	}
}
