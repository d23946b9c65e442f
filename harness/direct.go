package harness

import "github.com/corsproof/corsproof/harness/direct"

// DirectConfig returns what the lab's direct clients are made with, for clients
// that differ from them in one thing: the certificate that they show, or where
// they call from.
func (l *Lab) DirectConfig() direct.Config { return l.directConfig() }
