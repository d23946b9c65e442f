// Package containers registers every kind of gateway, to run as a process or from a
// container image. Import it for its effect:
//
//	import _ "github.com/corsproof/corsproof/servers/gateway/containers"
//
// It is separate from servers/gateway/all only because it depends on a Docker client.
// [On] runs images with an engine that other code uses, too.
package containers
