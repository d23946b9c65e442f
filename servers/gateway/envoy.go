package gateway

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
)

// envoyCures are for what Envoy says most when it doesn't start.
var envoyCures = []cure{
	{regexp.MustCompile(`Didn't find a registered implementation`), "this Envoy lacks the extension that has it: give the one that you use, as a path to its program or \"" + BinarySystem + "\""},
	{regexp.MustCompile(`has unknown fields`), "a field is misspelt, or this Envoy is older or newer than the config: give the one that you use, as a path to its program or \"" + BinarySystem + "\""},
}

// envoyConf is an Envoy bootstrap that was read.
type envoyConf struct {
	finder finder
	file   *yamlFile
	cors   []string // names of the cors filter, by which routes call it
}

func readEnvoy(file string, _ Config) (config, error) {
	finder, err := newFinder(file, "/etc/envoy")
	if err != nil {
		return nil, err
	}
	s, err := readSource(file, filepath.Join(finder.dir, filepath.Base(file)), "conf/"+filepath.Base(file))
	if err != nil {
		return nil, err
	}
	parsed, err := parseYAML(s)
	if err != nil {
		return nil, err
	}
	c := &envoyConf{finder: finder, file: parsed}
	c.cors = c.corsNames()
	return c, nil
}

func (c *envoyConf) plan(p place) (*plan, error) {
	r := &envoyRewrite{conf: c, f: c.file, place: p}
	r.run()
	if err := r.err(); err != nil {
		return nil, err
	}
	if len(r.listeners) == 0 {
		return nil, fmt.Errorf("%s: there is no listener in static_resources that has a TCP address or a pipe", c.file.source.name)
	}
	text, err := r.edits.apply(c.file.source)
	if err != nil {
		return nil, err
	}
	admin := filepath.Join(p.dir, "admin")
	override := fmt.Sprintf("admin: {address: {pipe: {path: %s}}}", strconv.Quote(admin))
	out := &plan{
		dir: p.dir, copies: []*source{c.file.source}, reads: r.reads, notes: r.notes, upstreams: r.upstreams, hosts: r.hosts,
		files:         append(r.files, planned{c.file.source.copy, text}),
		substitutions: r.edits.substitutions([]*source{c.file.source}),
		// Hot restart would want shared memory and an abstract socket.
		args: []string{"--config-path", filepath.Join(p.dir, c.file.source.copy), "--config-yaml", override,
			"--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"},
	}
	out.substitutions = append(out.substitutions, Substitution{What: WhatListen, File: "envoy --config-yaml", To: override})
	out.listeners = func(ctx context.Context) ([]wire.EndpointListener, error) { return envoyReady(ctx, admin, r.listeners) }
	return out, nil
}

// An envoyStatus is what Envoy's admin interface says of a listener:
// https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/listeners.proto.
type envoyStatus struct {
	Name       string         `json:"name"`
	Local      envoyAddress   `json:"local_address"`
	Additional []envoyAddress `json:"additional_local_addresses"`
}

type envoyAddress struct {
	Socket *struct {
		Address string `json:"address"`
		Port    int    `json:"port_value"`
	} `json:"socket_address"`
	Pipe *struct {
		Path string `json:"path"`
	} `json:"pipe"`
}

func (a envoyAddress) wire() wire.Address {
	switch {
	case a.Pipe != nil:
		return wire.Address{Network: "unix", Address: a.Pipe.Path}
	case a.Socket != nil && a.Socket.Port != 0:
		return wire.Address{Network: "tcp", Address: net.JoinHostPort(a.Socket.Address, strconv.Itoa(a.Socket.Port))}
	}
	return wire.Address{}
}

// envoyReady returns where the listeners are, once Envoy is live.
func envoyReady(ctx context.Context, admin string, listeners []envoyListener) ([]wire.EndpointListener, error) {
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
		Statuses []envoyStatus `json:"listener_statuses"`
	}
	if err := envoyAdmin(ctx, client, "/listeners?format=json", &said); err != nil {
		return nil, err
	}
	return envoyEndpoint(listeners, said.Statuses)
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
		return fmt.Errorf("envoy's admin interface answers %s with status %d", target, resp.StatusCode)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// envoyEndpoint finds the listeners of the config among those that Envoy has: by
// name, those without one in order.
func envoyEndpoint(listeners []envoyListener, statuses []envoyStatus) ([]wire.EndpointListener, error) {
	var out []wire.EndpointListener
	for _, l := range listeners {
		i := slices.IndexFunc(statuses, func(s envoyStatus) bool {
			if l.name != "" {
				return s.Name == l.name
			}
			return !slices.ContainsFunc(listeners, func(o envoyListener) bool { return o.name == s.Name })
		})
		if i < 0 {
			return nil, fmt.Errorf("envoy doesn't have the listener %s", l.Written)
		}
		local := statuses[i].Local
		if l.additional > 0 && l.additional <= len(statuses[i].Additional) {
			local = statuses[i].Additional[l.additional-1]
		}
		if l.Address = local.wire(); l.Address == (wire.Address{}) {
			return nil, fmt.Errorf("envoy says no address of the listener %s", l.Written)
		}
		out = append(out, l.EndpointListener)
		if l.name == "" && l.last {
			statuses = slices.Delete(slices.Clone(statuses), i, i+1)
		}
	}
	return out, nil
}
