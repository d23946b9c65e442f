package scenarios

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/corsproof/corsproof/harness/fetch"
	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
	"github.com/corsproof/corsproof/servers"
	"github.com/corsproof/corsproof/servers/kubernetes"
)

// standInVar names the socket of a stand-in cluster. With it, and called kubectl,
// the test binary is the stand-in for that program.
const standInVar = "SCENARIOS_TEST_CLUSTER"

// A said is a call of kubectl, and a reply what it prints.
type said struct {
	Args  []string
	Input string
}

type reply struct {
	Out, Err string
	Stay     bool // until it is killed
}

// standIn hands a call to the cluster and prints the reply.
func standIn(socket string, args []string) int {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 9
	}
	text, err := json.Marshal(said{args, string(input)})
	if err != nil {
		return 9
	}
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	answer, err := client.Post("http://cluster/", "application/json", strings.NewReader(string(text)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 9
	}
	defer answer.Body.Close()
	var r reply
	if err := json.NewDecoder(answer.Body).Decode(&r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 9
	}
	fmt.Print(r.Out)
	if r.Err != "" {
		fmt.Fprintln(os.Stderr, r.Err)
		return 1
	}
	if r.Stay {
		io.Copy(io.Discard, answer.Body)
		select {}
	}
	return 0
}

// A standInCluster does what a cluster would be told, with the containers of a
// stage as pods.
type standInCluster struct {
	stage *Stage

	mu      sync.Mutex
	setup   servers.Setup
	address wire.Address // of FastAPI's container
	objects []manifest
	deleted []string
}

// A manifest is what is looked at of an object.
type manifest struct {
	Kind     string
	Metadata struct {
		Name, Namespace     string
		Labels, Annotations map[string]string
	}
	Items []manifest // of a List
}

func newStandInCluster(t *testing.T, stage *Stage) *standInCluster {
	t.Helper()
	c := &standInCluster{stage: stage}
	require.NoError(t, stage.openContainers(t.Context()))
	dir := stage.Lab.Run.Dir()
	socket := filepath.Join(dir, "cluster")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	server := &http.Server{Handler: c}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	self, err := os.Executable()
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.Symlink(self, filepath.Join(bin, "kubectl")))
	setenv(t, "PATH", bin+":"+os.Getenv("PATH"))
	setenv(t, standInVar, socket)
	setenv(t, kubernetes.ContextVar, "")
	return c
}

// setenv is t.Setenv for a test that runs beside others, none of which asks for what
// is set.
func setenv(t *testing.T, name, value string) {
	t.Helper()
	before, was := os.LookupEnv(name)
	require.NoError(t, os.Setenv(name, value))
	t.Cleanup(func() {
		if was {
			os.Setenv(name, before)
		} else {
			os.Unsetenv(name)
		}
	})
}

func (c *standInCluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var call said
	err := json.NewDecoder(r.Body).Decode(&call)
	var out reply
	if err == nil {
		out, err = c.do(context.WithoutCancel(r.Context()), call)
	}
	if err != nil {
		out.Err = err.Error()
	}
	json.NewEncoder(w).Encode(out)
}

// do carries a call out. One that it doesn't know is an error.
func (c *standInCluster) do(ctx context.Context, call said) (reply, error) {
	args := call.Args
	for len(args) > 1 && (args[0] == "--context" || args[0] == "--namespace") {
		args = args[2:]
	}
	switch what := strings.Join(args, " "); {
	case what == "config current-context":
		return reply{Out: "kind-stand-in\n"}, nil
	case what == "get nodes --output json":
		return reply{Out: `{"items": [{"metadata": {"name": "one"}, "status": {"nodeInfo": {"kubeletVersion": "none"}, "images": [
			{"names": ["docker.io/library/corsproof-fastapi:current"]}, {"names": ["docker.io/library/corsproof-node:current"]}]}}]}`}, nil
	case strings.HasPrefix(what, "get namespaces --selector app.kubernetes.io/managed-by=corsproof"):
		dead, err := json.Marshal(map[string]any{"items": []any{
			map[string]any{"metadata": map[string]any{"name": "corsproof-dead", "annotations": map[string]string{"corsproof/run": "/nonexistent", "corsproof/host": process.Host()}}},
			map[string]any{"metadata": map[string]any{"name": "corsproof-elsewhere", "annotations": map[string]string{"corsproof/run": "/nonexistent", "corsproof/host": "elsewhere"}}},
		}})
		return reply{Out: string(dead)}, err
	case what == "create --filename -", what == "apply --filename -":
		return reply{}, c.take(call.Input)
	case what == "get services,networkpolicies --output json":
		return c.services()
	case strings.HasPrefix(what, "rollout status deployment/"):
		return reply{}, nil
	case strings.HasPrefix(what, "set env deployment/node CORS_ORIGIN="):
		_, value, _ := strings.Cut(what, "=")
		c.setup.Node = servers.CORS(value)
		return reply{}, c.apply(ctx)
	case strings.HasPrefix(what, "set env deployment/fastapi CORS_ORIGINS="):
		_, value, _ := strings.Cut(what, "=")
		c.setup.FastAPI = servers.CORS(value)
		return reply{}, c.apply(ctx)
	case what == "port-forward --address 127.0.0.1 service/fastapi :8000":
		return c.forward()
	case strings.HasPrefix(what, "exec deployment/fastapi -- python3 call.py http://node:5000/orders"):
		return c.callNode(ctx, args[len(args)-1])
	case strings.HasPrefix(what, "exec deployment/postgres -- psql --username orders --dbname orders"):
		orders, err := c.stage.System.Orders(ctx)
		text, _ := json.Marshal(orders)
		return reply{Out: string(text)}, err
	case strings.HasPrefix(what, "delete namespace "):
		c.deleted = append(c.deleted, args[2])
		return reply{}, nil
	default:
		return reply{}, fmt.Errorf("the stand-in doesn't know: kubectl %s", what)
	}
}

func (c *standInCluster) apply(ctx context.Context) (err error) {
	c.setup.Place = servers.PlaceContainers
	c.address, err = c.stage.containers.services.Set(ctx, c.setup)
	return err
}

// take notes the objects of YAML documents, or of a List in JSON.
func (c *standInCluster) take(text string) error {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var object manifest
		switch err := decoder.Decode(&object); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case object.Kind == "List":
			c.objects = append(c.objects, object.Items...)
		default:
			c.objects = append(c.objects, object)
		}
	}
}

func (c *standInCluster) services() (reply, error) {
	var items []any
	for _, o := range c.objects {
		if o.Kind == "Service" || o.Kind == "NetworkPolicy" {
			items = append(items, map[string]any{"kind": o.Kind, "metadata": map[string]string{"name": o.Metadata.Name}, "spec": map[string]string{"type": "ClusterIP"}})
		}
	}
	text, err := json.Marshal(map[string]any{"items": items})
	return reply{Out: string(text)}, err
}

// forward listens, and passes each connection to the container that FastAPI then
// runs in.
func (c *standInCluster) forward() (reply, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return reply{}, err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				c.mu.Lock()
				to := c.address
				c.mu.Unlock()
				pod, err := net.Dial(to.Network, to.Address)
				if err != nil {
					return
				}
				defer pod.Close()
				go io.Copy(pod, conn)
				io.Copy(conn, pod)
			}()
		}
	}()
	return reply{Out: fmt.Sprintf("Forwarding from %s -> 8000\n", listener.Addr()), Stay: true}, nil
}

// callNode prints as call.py does.
func (c *standInCluster) callNode(ctx context.Context, origin string) (reply, error) {
	trace, err := c.stage.containers.services.CallNode(ctx, "/orders", origin)
	if err != nil || trace.Outcome.Response == nil {
		return reply{}, fmt.Errorf("no answer: %s: %v", trace.Outcome.Error, err)
	}
	read := trace.Outcome.Response
	text, err := json.Marshal(map[string]any{
		"version": trace.Caller.Version, "sent": fetch.HeaderList{{"origin", origin}}, "status": read.Status, "headers": read.Headers,
		"body_base64": base64.StdEncoding.EncodeToString([]byte(read.Body.Prefix)),
	})
	return reply{Out: string(text)}, err
}

func (c *standInCluster) requireManifests(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var kinds []string
	for _, o := range c.objects {
		kinds = append(kinds, o.Kind+" "+o.Metadata.Name)
	}
	namespace := "corsproof-" + c.stage.Lab.Run.ID()
	require.Equal(t, []string{"Namespace " + namespace, "Secret database", "Service postgres", "Deployment postgres",
		"Service node", "Deployment node", "Service fastapi", "Deployment fastapi"}, kinds)
	i := slices.IndexFunc(c.objects, func(o manifest) bool { return o.Kind == "Namespace" })
	assert.Equal(t, map[string]string{"corsproof/run": c.stage.Lab.Run.Dir(), "corsproof/host": process.Host()}, c.objects[i].Metadata.Annotations)
}
