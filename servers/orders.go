package servers

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// An Order is a row of the table that the Node service keeps.
type Order struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
}

// Orders reads the rows with direct SQL, in the order in which they were inserted.
func (s *System) Orders(ctx context.Context) ([]Order, error) {
	conn, err := s.SQL(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "SELECT name, quantity FROM orders ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("read the orders: %w", err)
	}
	orders, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Order])
	if err != nil {
		return nil, fmt.Errorf("read the orders: %w", err)
	}
	return orders, nil
}

// CountOrders counts the rows with the name, with direct SQL.
func (s *System) CountOrders(ctx context.Context, name string) (int, error) {
	conn, err := s.SQL(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	var n int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM orders WHERE name = $1", name).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the orders named %q: %w", name, err)
	}
	return n, nil
}

// LockOrders blocks all reads and writes of the orders until unlock is called or this
// program ends. Only the first call of unlock has an effect.
func (s *System) LockOrders(ctx context.Context) (unlock func() error, err error) {
	conn, err := s.SQL(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"); err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("lock the orders: %w", err)
	}
	return sync.OnceValue(func() error { return conn.Close(context.WithoutCancel(ctx)) }), nil
}
