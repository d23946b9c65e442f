package envoy

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/gateway/adapter"
)

// Adapter is the adapter of Envoy, https://www.envoyproxy.io. Envoy refuses clients
// without a certificate in the TLS handshake, so there is no page to recognize.
var Adapter = adapter.Adapter{
	Kind: "envoy",
	Program: adapter.Program{
		Name: "envoy", Pinned: func(i *servers.Installed) string { return i.Envoy },
		VersionArg: "--version", Version: regexp.MustCompile(`version: [0-9a-f]+/([0-9.]+)`),
		Install: "install it as described at envoyproxy.io",
	},
	Read: read,
}

// advices are for what Envoy says most when it doesn't start.
var advices = []adapter.Advice{
	{Line: regexp.MustCompile(`Didn't find a registered implementation`), Text: "this Envoy lacks its extension: give your Envoy, as a path to its program or \"" + adapter.BinarySystem + "\""},
	{Line: regexp.MustCompile(`has unknown fields`), Text: "a field is misspelled, or the config is for another version of Envoy: give your Envoy, as a path to its program or \"" + adapter.BinarySystem + "\""},
}

// conf is an Envoy bootstrap that was read.
type conf struct {
	finder adapter.Finder
	file   *yamlFile
	cors   []string // names of the cors filter, by which routes call it
}

func read(file string, _ adapter.From) (adapter.Config, error) {
	finder, err := adapter.NewFinder(file, "/etc/envoy")
	if err != nil {
		return nil, err
	}
	s, err := adapter.ReadSource(file, filepath.Join(finder.Dir, filepath.Base(file)), "conf/"+filepath.Base(file))
	if err != nil {
		return nil, err
	}
	parsed, err := parseYAML(s)
	if err != nil {
		return nil, err
	}
	c := &conf{finder: finder, file: parsed}
	c.cors = c.corsNames()
	return c, nil
}

// Facts implements [adapter.Config].
func (c *conf) Facts() adapter.Facts {
	return adapter.Facts{Named: c.named(), Methods: c.listed("allow_methods", "access-control-allow-methods"), Headers: c.listed("allow_headers", "access-control-allow-headers"), Limits: c.limits(), Answers: c.answers(), RoutesBy: c.routesBy(), ClientCertificates: c.clientCertificates()}
}

// Explain implements [adapter.Config].
func (c *conf) Explain(said string) string { return adapter.Advise(c.tell(said), advices) }

// Plan implements [adapter.Config].
func (c *conf) Plan(p adapter.Place) (*adapter.Plan, error) {
	r := &rewrite{conf: c, f: c.file, place: p}
	r.run()
	if err := r.err(); err != nil {
		return nil, err
	}
	if len(r.listeners) == 0 {
		return nil, fmt.Errorf("%s: no listener in static_resources has a TCP address or a pipe: add one", c.file.source.Name)
	}
	text, err := r.edits.Apply(c.file.source)
	if err != nil {
		return nil, err
	}
	admin := filepath.Join(p.Dir, "admin")
	override := fmt.Sprintf("admin: {address: {pipe: {path: %s}}}", strconv.Quote(admin))
	out := &adapter.Plan{
		Dir: p.Dir, Copies: []*adapter.Source{c.file.source}, Reads: r.reads, Notes: r.notes, Upstreams: r.upstreams, Hosts: r.hosts,
		Files:         append(r.files, adapter.File{Name: c.file.source.Copy, Text: text}),
		Substitutions: r.edits.Substitutions([]*adapter.Source{c.file.source}),
		// Hot restart would want shared memory and an abstract socket.
		Args: []string{"--config-path", filepath.Join(p.Dir, c.file.source.Copy), "--config-yaml", override,
			"--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"},
	}
	out.Substitutions = append(out.Substitutions, adapter.Substitution{What: adapter.WhatListen, File: "envoy --config-yaml", To: override})
	out.Listeners = func(ctx context.Context) ([]wire.EndpointListener, error) { return ready(ctx, admin, r.listeners) }
	return out, nil
}

// A status is what Envoy's admin interface says of a listener:
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/listeners.proto.
type status struct {
	Name       string    `json:"name"`
	Local      address   `json:"local_address"`
	Additional []address `json:"additional_local_addresses"`
}

type address struct {
	Socket *struct {
		Address string `json:"address"`
		Port    int    `json:"port_value"`
	} `json:"socket_address"`
	Pipe *struct {
		Path string `json:"path"`
	} `json:"pipe"`
}

func (a address) wire() wire.Address {
	switch {
	case a.Pipe != nil:
		return wire.Address{Network: "unix", Address: a.Pipe.Path}
	case a.Socket != nil && a.Socket.Port != 0:
		return wire.Address{Network: "tcp", Address: net.JoinHostPort(a.Socket.Address, strconv.Itoa(a.Socket.Port))}
	}
	return wire.Address{}
}

// ready returns where the listeners are, once Envoy is live.
func ready(ctx context.Context, admin string, listeners []listener) ([]wire.EndpointListener, error) {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", admin)
		},
	}}
	if err := envoyAdmin(ctx, client, "/ready", nil); err != nil {
		return nil, err
	}
	var said struct {
		Statuses []status `json:"listener_statuses"`
	}
	if err := envoyAdmin(ctx, client, "/listeners?format=json", &said); err != nil {
		return nil, err
	}
	return endpoint(listeners, said.Statuses)
}

func envoyAdmin(ctx context.Context, client *http.Client, target string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://admin"+target, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("envoy's admin interface answered %s with status %d", target, resp.StatusCode)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// endpoint finds the listeners of the config among those that Envoy has: by
// name, those without one in order.
func endpoint(listeners []listener, statuses []status) ([]wire.EndpointListener, error) {
	var out []wire.EndpointListener
	for _, l := range listeners {
		i := slices.IndexFunc(statuses, func(s status) bool {
			if l.name != "" {
				return s.Name == l.name
			}
			return !slices.ContainsFunc(listeners, func(o listener) bool { return o.name == s.Name })
		})
		if i < 0 {
			return nil, fmt.Errorf("envoy has no listener %s", l.Written)
		}
		local := statuses[i].Local
		if l.additional > 0 && l.additional <= len(statuses[i].Additional) {
			local = statuses[i].Additional[l.additional-1]
		}
		if l.Address = local.wire(); l.Address == (wire.Address{}) {
			return nil, fmt.Errorf("envoy reports no address for the listener %s", l.Written)
		}
		out = append(out, l.EndpointListener)
		if l.name == "" && l.last {
			statuses = slices.Delete(slices.Clone(statuses), i, i+1)
		}
	}
	return out, nil
}
