package policy

// A NamedOrigin is an origin in a gateway's own config: written there, or one that an
// expression there matches. The policy may or may not have it.
type NamedOrigin struct {
	Origin string
	// Matched says that the entry is an expression that also matches other origins.
	Matched bool
	// Entry is the text in the config, and At its position.
	Entry string
	At    Position
}
