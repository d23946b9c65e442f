package fetch

// Fetch is the fetch algorithm; it returns the response where the standard calls
// processResponse.
//
// https://fetch.spec.whatwg.org/#concept-fetch
func (f *fetching) Fetch() *response {
	request := f.request
	// Step 8. The fetch params are f.
	if err := f.keepaliveTooLarge(); err != nil {
		return err
	}
	// Step 12.
	if !request.headers.Contains("Accept") {
		// Step 12.1.
		// Step 12.2. The initiator is the empty string.
		// Step 12.3. So is the destination.
		// Step 12.4.
		request.headers = append(request.headers, Header{"Accept", "*/*"})
	}
	// Step 14.
	if f.ua.Client.AcceptLanguage != "" && !request.headers.Contains("Accept-Language") {
		request.headers = append(request.headers, Header{"Accept-Language", f.ua.Client.AcceptLanguage})
	}
	// Step 17.
	return f.MainFetch(false)
}
