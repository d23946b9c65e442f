// Package all registers every kind of gateway, to run as a process. Import it for its
// effect:
//
//	import _ "github.com/corsproof/corsproof/servers/gateway/all"
//
// To add a kind, add it to the list here.
package all

import (
	"github.com/corsproof/corsproof/servers/gateway"
	"github.com/corsproof/corsproof/servers/gateway/envoy"
	"github.com/corsproof/corsproof/servers/gateway/nginx"
)

func init() {
	gateway.Register(
		envoy.Adapter,
		nginx.Adapter,
	)
}
