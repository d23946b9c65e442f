package servers

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corsproof/corsproof/harness/process"
	"github.com/corsproof/corsproof/harness/wire"
)

// The database in which the Node service stores its orders.
const (
	postgresUser     = "corsproof"
	postgresDatabase = "postgres"
	postgresPort     = 5432 // of the socket's name only; nothing listens there
)

// A postgres is a real PostgreSQL server on a data directory in the run's
// folder. It listens on a unix socket; the recorder in front of it has the port.
type postgres struct {
	system   *System
	password string

	mu    sync.Mutex
	owner *process.Owner // who runs it; nil: we
	data  string         // empty until it was initialised
	child *process.Child
}

func newPostgres(s *System) *postgres {
	return &postgres{system: s, password: rand.Text()}
}

// StartPostgres starts PostgreSQL, the first time with a new data directory, after
// [System.StopPostgres] with the existing one.
func (s *System) StartPostgres(ctx context.Context) error {
	if err := s.postgres.start(ctx); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	return nil
}

// StopPostgres stops PostgreSQL as an operator would ("fast"): sessions are closed and
// committed data stays. It is idempotent.
func (s *System) StopPostgres(ctx context.Context) error {
	p := s.postgres
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child == nil {
		return nil
	}
	child := p.child
	p.child = nil
	return child.Stop(ctx)
}

func (p *postgres) start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child != nil {
		return nil
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, p.system.cfg.Timeouts.ready())
	defer cancel()
	if p.data == "" {
		if err := p.init(ctx); err != nil {
			return err
		}
	}
	child, err := p.system.cfg.Run.Start(ctx, process.Spec{
		Name: "postgres",
		Path: filepath.Join(p.system.cfg.Installed.Postgres, "bin", "postgres"),
		// No TCP at all, and no fsync: the data directory lives as long as the run.
		Args: []string{"-D", p.data, "-k", p.socketDir(), "-c", "listen_addresses=", "-c", "fsync=off",
			"-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=40", "-c", "shared_buffers=16MB",
			"-c", "logging_collector=off", "-c", "dynamic_shared_memory_type=mmap"},
		Dir: p.data, Env: p.env(), Owner: p.owner, PrivateIPC: true,
		Stop: syscall.SIGINT, StopTimeout: p.system.cfg.Timeouts.stop(),
	})
	if err != nil {
		return err
	}
	if err := process.WaitReady(ctx, child, p.ping); err != nil {
		child.Stop(context.WithoutCancel(ctx))
		return err
	}
	p.child = child
	p.system.watch("postgres", child, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.child != child
	})
	p.system.Postgres.SetUpstream(wire.Address{Network: "unix", Address: p.socket()})
	p.system.progress("postgres", began)
	return nil
}

// init makes the data directory.
func (p *postgres) init(ctx context.Context) error {
	run := p.system.cfg.Run
	var err error
	if p.owner, err = Unprivileged(); err != nil {
		return err
	}
	dir, err := run.Mkdir("pg", p.owner)
	if err != nil {
		return err
	}
	password := filepath.Join(dir, "pw")
	if err := os.WriteFile(password, []byte(p.password), 0o600); err != nil {
		return err
	}
	defer os.Remove(password)
	if p.owner != nil {
		if err := os.Chown(password, p.owner.UID, p.owner.GID); err != nil {
			return err
		}
	}
	data := filepath.Join(dir, "data")
	initdb, err := run.Start(ctx, process.Spec{
		Name: "initdb",
		Path: filepath.Join(p.system.cfg.Installed.Postgres, "bin", "initdb"),
		Args: []string{"-D", data, "-U", postgresUser, "--auth=scram-sha-256", "--pwfile=" + password,
			"--no-sync", "--encoding=UTF8", "--no-locale", "-c", "dynamic_shared_memory_type=mmap"},
		Dir: dir, Env: p.env(), Owner: p.owner, PrivateIPC: true,
		Stop: syscall.SIGKILL, // half a data directory is of no use to anybody
	})
	if err != nil {
		return err
	}
	select {
	case <-initdb.Done():
	case <-ctx.Done():
		initdb.Stop(context.WithoutCancel(ctx))
		return context.Cause(ctx)
	}
	if err := initdb.Err(); err != nil {
		return fmt.Errorf("initdb: %w:\n%s", err, initdb.LogTail(logLines))
	}
	p.data = data
	return nil
}

func (p *postgres) env() []string {
	return []string{"LC_ALL=C", "TZ=UTC", "PATH=/usr/bin:/bin", "LD_LIBRARY_PATH=" + filepath.Join(p.system.cfg.Installed.Postgres, "lib")}
}

func (p *postgres) socketDir() string { return filepath.Dir(p.data) }

func (p *postgres) socket() string {
	return filepath.Join(p.socketDir(), fmt.Sprintf(".s.PGSQL.%d", postgresPort))
}

func (p *postgres) ping(ctx context.Context) error {
	conn, err := p.connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func (p *postgres) connect(ctx context.Context) (*pgx.Conn, error) {
	// Every setting is given: what is missing would come from PG… variables.
	cfg, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=%s sslmode=disable target_session_attrs=any connect_timeout=10",
		p.socketDir(), postgresPort, postgresUser, p.password, postgresDatabase))
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams = nil
	return pgx.ConnectConfig(ctx, cfg)
}

// SQL opens a connection to the database that bypasses the recorder and every service.
// The caller closes it.
func (s *System) SQL(ctx context.Context) (*pgx.Conn, error) {
	conn, err := s.postgres.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to postgres: %w", err)
	}
	return conn, nil
}

// DatabaseSocket returns the folder of PostgreSQL's unix socket, for a container to mount
// at folder at, and the environment of a client there. Connections through the socket
// bypass the recorder.
func (s *System) DatabaseSocket(at string) (dir string, env []string) {
	return s.postgres.socketDir(), []string{
		"PGHOST=" + at, fmt.Sprint("PGPORT=", postgresPort), "PGUSER=" + postgresUser,
		"PGPASSWORD=" + s.postgres.password, "PGDATABASE=" + postgresDatabase,
	}
}

// databaseEnv is what the Node service finds the database by: the recorder's
// address, not the socket.
func (s *System) databaseEnv() []string {
	host, port, _ := net.SplitHostPort(s.Postgres.Addr())
	return []string{
		"PGHOST=" + host, "PGPORT=" + port, "PGUSER=" + postgresUser,
		"PGPASSWORD=" + s.postgres.password, "PGDATABASE=" + postgresDatabase,
	}
}
