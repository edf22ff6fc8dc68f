package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is the channel of notifications between replicas.
const channel = "tasklane_changes"

// idleCheck is how long a connection may be idle before it is checked. A dead server is as
// silent as one without notifications.
const idleCheck = 30 * time.Second

// Bus carries messages between the replicas of the service by NOTIFY. It
// implements feed.Bus.
type Bus struct {
	store *Store
	// listenURL is the server's direct address: a transaction pooler accepts LISTEN but
	// never delivers notifications.
	listenURL string
	idleCheck time.Duration
}

// NewBus returns a bus that sends through the store's pool and listens over its own connection
// to listenURL.
func NewBus(s *Store, listenURL string) *Bus {
	return &Bus{store: s, listenURL: listenURL, idleCheck: idleCheck}
}

// Publish sends a message of at most 8,000 bytes to all replicas. Call it outside the
// transactions that change tasks, because a transaction with NOTIFY locks the whole database
// when it commits.
func (b *Bus) Publish(ctx context.Context, message string) error {
	if _, err := b.store.pool.Exec(ctx, "SELECT pg_notify($1, $2)", channel, message); err != nil {
		return fmt.Errorf("notify: %w", mapError(err))
	}
	return nil
}

// Listen calls ready once it listens, and receive for each message, until ctx
// ends or the connection breaks.
func (b *Bus) Listen(ctx context.Context, ready func(), receive func(message string)) error {
	config, err := singleConfig(b.listenURL)
	if err != nil {
		return fmt.Errorf("read the address to listen at: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect to listen: %w", mapError(err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listen: %w", mapError(err))
	}
	ready()
	for {
		wait, cancel := context.WithTimeout(ctx, b.idleCheck)
		notification, err := conn.WaitForNotification(wait)
		cancel()
		switch {
		case err == nil:
			receive(notification.Payload)
		case ctx.Err() != nil:
			return ctx.Err()
		case wait.Err() != nil:
			check, cancel := context.WithTimeout(ctx, pingTimeout)
			err := conn.Ping(check)
			cancel()
			if err != nil {
				return fmt.Errorf("listen: %w", mapError(err))
			}
		default:
			return fmt.Errorf("listen: %w", mapError(err))
		}
	}
}
