// Package budget holds the timeouts of a request on its way from the browser to
// its row, in one table. Each hop gives up before its caller does, so that the
// hop that knows the reason is the one that reports it; a test holds that.
package budget

import "time"

// The hops of a request, from the outside in.
const (
	// ClientAttempt bounds one attempt of the TypeScript client
	// (web-contract/client/src/retry.ts).
	ClientAttempt = 12 * time.Second
	// Body bounds the arrival of a request's body, at either server. Work
	// starts after it.
	Body = 10 * time.Second
	// BFF bounds an operation at the BFF, once its session is known and its body
	// has arrived: renewal of the JWT and forwarding included.
	BFF = 8 * time.Second
	// Exchange bounds the exchange of a session cookie for a JWT.
	Exchange = 3 * time.Second
	// AuthPool bounds Better Auth's wait for a database connection
	// (services/auth/config.mjs).
	AuthPool = 2 * time.Second
	// AuthRequest bounds a proxied request to Better Auth, which hashes
	// passwords.
	AuthRequest = 20 * time.Second
	// Delivery bounds the sending of an answer to a reader, from its first byte
	// on.
	Delivery = 10 * time.Second
	// Part bounds a part of a composed answer, such as those of bootstrap. It
	// leaves time for a database that wakes up.
	Part = 6500 * time.Millisecond
	// Dial bounds one attempt to connect to another server.
	Dial = time.Second
	// Service bounds an operation of the task service whose caller states no
	// deadline.
	Service = 10 * time.Second
	// Answer is what an operation leaves of the time that its caller states in
	// X-Request-Timeout, to answer in.
	Answer = 500 * time.Millisecond
	// Wake bounds the wait for a database that does not answer, counted from
	// the first failure.
	Wake = 5500 * time.Millisecond
	// Lock bounds the wait for another write of the same user.
	Lock = 3 * time.Second
	// Shutdown bounds the end of a server: longer than any operation that comes
	// through the BFF.
	Shutdown = 9 * time.Second
)
