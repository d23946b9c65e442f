package servers

import (
	"context"
	"fmt"
	"time"

	"github.com/corsproof/corsproof/harness/netns"
	"github.com/corsproof/corsproof/harness/wire"
)

// Addresses in a [Network]. The kernel treats each namespace as a separate machine, so
// the addresses collide with nothing and the ports of the story are free.
const (
	outsideHost = "10.111.1.2"
	publicHost  = "10.111.1.1"
	fastapiHost = "10.111.2.1"
	nodeHost    = "10.111.2.2"
	prefixBits  = "/24"

	// NetworkFastAPI is FastAPI's address for the outside.
	NetworkFastAPI = publicHost + ":8000"
	// NetworkNode is Node's address on the internal network.
	NetworkNode = nodeHost + ":5000"
)

// A Network is three namespaces in a row: the outside, FastAPI's, Node's. The outside has
// a link only to FastAPI, and its default route goes through FastAPI's machine; FastAPI
// has a second link to Node.
//
// FastAPI runs in its namespace. Node listens on a unix socket, as always; the port at
// which it is reached belongs to its recorder, in Node's namespace.
type Network struct {
	Outside, FastAPI *netns.Namespace

	// Public records the requests from the outside to FastAPI, Node those to Node.
	Public, Node *wire.Recorder

	node *netns.Namespace
}

// Network returns the network of the system; nil until a mechanism needs it.
func (s *System) Network() *Network {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.network
}

// startNetwork returns the network, and makes it if it isn't there.
func (s *System) startNetwork(ctx context.Context) (*Network, error) {
	s.networking.Lock()
	defer s.networking.Unlock()
	if n := s.Network(); n != nil {
		return n, nil
	}
	began := time.Now()
	n := &Network{}
	err := n.start(ctx, s.cfg)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.closed {
		err = errClosed
	}
	if err != nil {
		for _, r := range n.recorders() {
			if r != nil {
				r.Close()
			}
		}
		return nil, fmt.Errorf("create the internal network: %w", err)
	}
	s.network = n
	s.progress("an internal network", began)
	return n, nil
}

func (n *Network) start(ctx context.Context, cfg Config) error {
	for label, to := range map[string]**netns.Namespace{"outside": &n.Outside, "fastapi": &n.FastAPI, "node": &n.node} {
		made, err := netns.New(ctx, cfg.Run, label)
		if err != nil {
			return err
		}
		*to = made
	}
	if err := netns.Link(ctx, n.Outside, outsideHost+prefixBits, n.FastAPI, publicHost+prefixBits); err != nil {
		return err
	}
	if err := netns.Link(ctx, n.FastAPI, fastapiHost+prefixBits, n.node, nodeHost+prefixBits); err != nil {
		return err
	}
	if err := n.Outside.Gateway(ctx, publicHost); err != nil {
		return err
	}
	if err := n.node.Gateway(ctx, fastapiHost); err != nil {
		return err
	}
	var err error
	if n.Public, err = record(cfg, "fastapi-public", n.FastAPI, NetworkFastAPI); err != nil {
		return err
	}
	n.Node, err = record(cfg, "node-inside", n.node, NetworkNode)
	return err
}

// FastAPIHost returns FastAPI's address on the internal network.
func (n *Network) FastAPIHost() string { return fastapiHost }

// record starts a recorder in a namespace.
func record(cfg Config, name string, where *netns.Namespace, address string) (*wire.Recorder, error) {
	ln, err := where.Listen(address)
	if err != nil {
		return nil, err
	}
	return wire.NewRecorder(wire.RecorderConfig{Name: name, Listener: ln, Clock: cfg.Clock})
}

func (n *Network) recorders() []*wire.Recorder {
	if n == nil {
		return nil
	}
	return []*wire.Recorder{n.Public, n.Node}
}

// set makes the network's mechanism the one that stands.
func (n *Network) set(ctx context.Context, enforced Mechanism) error {
	forwarding := netns.ForwardingOn
	if enforced == MechanismInternalNetwork {
		forwarding = netns.ForwardingOff
	}
	if err := n.FastAPI.Forward(forwarding); err != nil {
		return err
	}
	rules := noRules
	if enforced == MechanismSecurityGroup {
		rules = noRules + securityGroup
	}
	_, err := n.node.Rules(ctx, rules)
	return err
}

// noRules takes the rules back, whether they are there or not.
const noRules = `table inet security_group
delete table inet security_group
`

// securityGroup lets FastAPI's address call Node's port, and nobody else
// anything. The refused are told so, where a cloud's would be left waiting: that
// is the same to them, and quicker.
const securityGroup = `table inet security_group {
	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		ip saddr ` + fastapiHost + ` ip daddr ` + nodeHost + ` tcp dport 5000 ct state new accept
		reject with icmpx type admin-prohibited
	}
}
`
