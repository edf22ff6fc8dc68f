// Package lanes sends many small reads over few connections to PostgreSQL.
//
// # Pipelining
//
// PostgreSQL answers a point read in some ten microseconds. Bringing the
// question there and the answer back takes longer than that: a system call to
// write and one to read, on both sides, and a switch to the other process and
// back. A pool of connections pays this for every read.
//
// A connection is a stream of bytes in either direction, and PostgreSQL answers
// in the order of the questions. So a client may send the next question before
// it has the answer to the last one. That is pipelining:
//
//	one at a time      pipelined
//
//	→ question 1       → questions 1, 2, 3
//	← answer 1         ← answers 1, 2, 3
//	→ question 2
//	← answer 2
//	→ question 3
//	← answer 3
//
// A lane is a queue of reads with a goroutine that serves them. While it waits
// for the answers to some reads, others queue up. It sends those together, with
// one system call, and reads their answers, often with one. So the busier a lane
// is, the less each read costs; an idle lane sends a read at once.
//
// # Each read is a transaction of its own
//
// Reads that share a round trip share nothing else. Each is two statements and a
// Sync message:
//
//	set the user, query, Sync, set the user, query, Sync, …
//
// Statements up to a Sync are one implicit transaction. The user is set in it and
// ends with it. When a statement fails, PostgreSQL ignores all messages up to the
// Sync: a query is never executed if its user could not be set, and the next read
// is executed as if nothing had happened. [Do] has no form without a user.
//
// # What does not belong in a lane
//
// Answers come in order, so a slow read delays all reads sent behind it. Lanes
// are for reads that an index answers: one row, or a page of a list in the
// index's order. There is more than one lane because the reads of a lane wait
// where one of them is slow, or PostgreSQL's process is not scheduled; new reads
// choose the lane with the fewest. One connection keeps about one core of the
// database busy, so two to four suffice.
//
// A caller may leave when its context ends; its answer is read and dropped. The
// statement is not cancelled: PostgreSQL cancels whatever a connection is
// executing, and that may be a neighbour's read by then. The connection's
// statement_timeout has to bound what nobody waits for.
//
// When a connection breaks, all reads sent over it fail that have no answer yet.
// They change nothing, so the caller may repeat them.
package lanes
