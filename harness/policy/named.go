package policy

// A NamedOrigin is an origin that a gateway's own config names, whether or not
// the policy does: by itself, or as one of those that an expression there
// matches.
type NamedOrigin struct {
	Origin string
	// Matched: the entry is an expression that matches others, too.
	Matched bool
	// Entry is what stands in the config, and At is where.
	Entry string
	At    Position
}
