package harness

import "github.com/corsproof/corsproof/harness/direct"

// DirectConfig returns the configuration of the lab's direct clients, for clients that
// differ in one thing, such as their certificate or the address that they call from.
func (l *Lab) DirectConfig() direct.Config { return l.directConfig() }
