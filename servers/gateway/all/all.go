// Package all registers every kind of gateway, to be run as a process. It is imported
// for its effect:
//
//	import _ "github.com/corsproof/corsproof/servers/gateway/all"
//
// A kind is one row here.
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
