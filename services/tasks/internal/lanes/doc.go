// Package lanes sends many small reads over few connections to PostgreSQL.
//
// # Pipelining
//
// PostgreSQL executes a point read in about ten microseconds. Sending the query and the
// result takes longer: a system call to write and one to read, on both sides, and a
// context switch each way. With a connection pool, every read costs that.
//
// A connection is a byte stream in each direction, and PostgreSQL responds in the order
// of the queries. So a client may send the next query before it has the result of the
// last one. That is pipelining:
//
//	one at a time      pipelined
//
//	→ query 1          → queries 1, 2, 3
//	← result 1         ← results 1, 2, 3
//	→ query 2
//	← result 2
//	→ query 3
//	← result 3
//
// A lane is a queue of reads with a goroutine that serves them. While it waits for
// results, other reads queue up. It sends those together with one system call, and often
// receives their results with one. So the busier a lane is, the less each read costs; an
// idle lane sends a read at once.
//
// # Each read is a transaction of its own
//
// Reads that share a round trip share nothing else. Each consists of two statements and a
// Sync message:
//
//	set the user, query, Sync, set the user, query, Sync, …
//
// The statements up to a Sync are one implicit transaction. The user is set for this
// transaction only. If a statement fails, PostgreSQL skips all messages up to the Sync: a
// query never runs if its user could not be set, and the next read is not affected. [Do]
// always requires a user.
//
// # What does not belong in a lane
//
// Results arrive in order, so a slow read delays all reads sent after it. Lanes are for
// reads that an index serves: one row, or a page of a list in the index's order. There are
// several lanes because one slow read, or a PostgreSQL process that is not scheduled,
// blocks its lane; new reads go to the lane with the fewest in flight. One connection
// keeps about one core of the database busy, so two to four lanes are enough.
//
// A call returns when its context is done; the result is then discarded. The statement is
// not canceled: PostgreSQL cancels whatever the connection is executing, which may be
// another caller's read by then. statement_timeout must bound abandoned statements.
//
// When a connection breaks, all reads in flight on it fail. They change nothing, so the
// caller may retry them.
package lanes
