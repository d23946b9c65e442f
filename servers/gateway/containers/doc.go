// Package containers registers every kind of gateway, to be run as a process or by the
// program of a container image. It is imported for its effect:
//
//	import _ "github.com/corsproof/corsproof/servers/gateway/containers"
//
// It brings a Docker client along, and stands apart from servers/gateway/all for that
// reason alone. [On] runs images by an engine that others use, too.
package containers
