// Package sdktest is an in-memory task service, for tests of programs that call the
// service. It also has a conformance suite, which the in-memory service and the real
// one both pass.
//
//	func TestPlanner(t *testing.T) {
//		server := sdktest.NewServer(t)
//		client := server.Client(t, "alice")
//		…
//		server.Inject(sdktest.Fault{Operation: "createTask", Times: 1, Cut: sdktest.CutResponse})
//		… // the first response is lost, but the task is created once
//	}
//
// A [Server] behaves like the service in everything that a client can see: validation
// and its errors, versions, idempotency keys, filters, search, sort orders and cursors,
// trash, batches, counts, recurring tasks, the change feed and its stream. It takes the
// fields of resources and their limits from the tags of taskapi's types. A test of
// the service sends random requests to both and compares the responses. Users need not be
// created: any name that is given to [Server.Token] is one. Time is the machine's until
// [Server.Advance] moves it.
//
// It differs from the real service only where that needs tables of all of Unicode: it
// composes and folds the accents of common letters only, and sorts titles by a simple
// rule. [Conformance] does not depend on the difference.
package sdktest
