// Package budget holds the timeouts of a request on its way from the browser to the
// database. The timeout of each hop is shorter than its caller's, so that the hop that
// knows the reason of a failure reports it. A test checks this.
package budget

import "time"

// The hops of a request, from the outside in.
const (
	// ClientAttempt bounds one attempt of the TypeScript client
	// (web-contract/client/src/retry.ts).
	ClientAttempt = 12 * time.Second
	// Body bounds how long a request body may take to arrive at either server. The
	// other timeouts start after it.
	Body = 10 * time.Second
	// BFF bounds an operation of the bff, counted from when the request is
	// authenticated and its body has arrived. It includes renewing the JWT and
	// forwarding.
	BFF = 8 * time.Second
	// Exchange bounds the exchange of a session cookie for a JWT.
	Exchange = 3 * time.Second
	// AuthPool bounds Better Auth's wait for a database connection
	// (services/auth/config.mjs).
	AuthPool = 2 * time.Second
	// AuthRequest bounds a proxied request to Better Auth. Hashing a password is
	// slow.
	AuthRequest = 20 * time.Second
	// Delivery bounds how long sending a response may take.
	Delivery = 10 * time.Second
	// Part bounds a part of a composed response, such as bootstrap's. It leaves
	// time for a database that wakes up.
	Part = 6500 * time.Millisecond
	// Dial bounds one attempt to connect to another server.
	Dial = time.Second
	// Service bounds an operation of the task service, unless the caller's timeout
	// is shorter.
	Service = 10 * time.Second
	// Reserve is the part of a caller's X-Request-Timeout that is kept for
	// sending the response.
	Reserve = 500 * time.Millisecond
	// Wake bounds the wait for an unavailable database, counted from the first
	// failure.
	Wake = 5500 * time.Millisecond
	// Lock bounds the wait for a concurrent write of the same user.
	Lock = 3 * time.Second
	// Shutdown bounds the shutdown of a server. It is longer than any operation
	// through the bff, so that requests in flight finish.
	Shutdown = 9 * time.Second
)
