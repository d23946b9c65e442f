package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// SOCKS5 reply codes: RFC 1928, section 6.
const (
	socksSucceeded          = 0
	socksNotAllowed         = 2
	socksHostUnreachable    = 4
	socksCommandUnsupported = 7
	socksAddressUnsupported = 8
)

// A socksError is a request that the protocol allows to refuse, with the bytes
// that say so.
type socksError struct {
	problem string
	reply   []byte
}

func (e *socksError) Error() string { return e.problem }

// readSOCKS reads a client's greeting and request, answers the greeting, and
// returns where the client wants to go, lower-cased. The error is a
// [*socksError], or that of the connection.
func readSOCKS(client io.ReadWriter) (hostport string, err error) {
	var head [4]byte
	if _, err := io.ReadFull(client, head[:2]); err != nil {
		return "", err
	}
	if head[0] != 5 {
		return "", &socksError{problem: fmt.Sprintf("not SOCKS5: the first byte is %#02x", head[0])}
	}
	methods := make([]byte, head[1])
	if _, err := io.ReadFull(client, methods); err != nil {
		return "", err
	}
	if !slices.Contains(methods, 0) {
		return "", &socksError{"the client wants to authenticate itself", []byte{5, 0xFF}}
	}
	if _, err := client.Write([]byte{5, 0}); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(client, head[:]); err != nil {
		return "", err
	}
	host, err := readSOCKSHost(client, head[3])
	if err != nil {
		return "", err
	}
	var port [2]byte
	if _, err := io.ReadFull(client, port[:]); err != nil {
		return "", err
	}
	hostport = strings.ToLower(net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port[:])))))
	if head[1] != 1 {
		return hostport, &socksError{fmt.Sprintf("command %d, only CONNECT is served", head[1]), socksReply(socksCommandUnsupported)}
	}
	return hostport, nil
}

func readSOCKSHost(client io.Reader, kind byte) (string, error) {
	size := 0
	switch kind {
	case 1:
		size = 4
	case 4:
		size = 16
	case 3:
		var length [1]byte
		if _, err := io.ReadFull(client, length[:]); err != nil {
			return "", err
		}
		size = int(length[0])
	default:
		return "", &socksError{fmt.Sprintf("address type %d", kind), socksReply(socksAddressUnsupported)}
	}
	host := make([]byte, size)
	if _, err := io.ReadFull(client, host); err != nil {
		return "", err
	}
	if kind == 3 {
		return string(host), nil
	}
	ip, _ := netip.AddrFromSlice(host)
	return ip.String(), nil
}

// socksReply is the answer to a request; the bound address in it is of no use.
func socksReply(code byte) []byte { return []byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0} }
