// Package sdktest has the task service in memory, for the tests of programs
// that call it, and the cases by which that service and the real one are held
// to the same contract.
//
//	func TestPlanner(t *testing.T) {
//		server := sdktest.NewServer(t)
//		client := server.Client(t, "alice")
//		…
//		server.Inject(sdktest.Fault{Operation: "createTask", Times: 1, Cut: sdktest.CutResponse})
//		… // the first answer is lost, the task is created once all the same
//	}
//
// A [Server] behaves like the service in everything that a client can see:
// checks and their errors, versions, idempotency keys, filters, search, orders
// and cursors, trash, batches, counts, recurring tasks, the change feed and its stream. It knows
// the fields of resources and their limits from the tags of taskapi's types, and
// a test of the service's plays random requests against both and compares the
// answers. Users
// are whoever a [Server.Token] names. Time is the machine's until
// [Server.Advance] moves it.
//
// It differs from the real service in what needs tables of all of Unicode: it
// composes and folds the accents of Latin letters only, and sorts titles by a
// simple rule. [Conformance] stays within what is the same.
package sdktest
