// Package contracttest attacks a server by its own OpenAPI document: every
// operation that the document has, as a stranger and with nonsense. It is for
// the tests of both servers.
package contracttest

import (
	"cmp"
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Request is a request to a server under attack.
type Request struct {
	Method string
	// Path includes the query.
	Path   string
	Header http.Header
	// Body is empty for none.
	Body string
}

// Answer is a response with its body read.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Send sends a request as a user.
type Send func(testing.TB, Request) Answer

// operation is one of the document's.
type operation struct {
	*openapi3.Operation

	document     *openapi3.T
	method, path string
}

// load returns the document's operations in a fixed order.
func load(t testing.TB, document []byte) []operation {
	t.Helper()
	read, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	var all []operation
	for path, item := range read.Paths.Map() {
		for method, op := range item.Operations() {
			all = append(all, operation{Operation: op, document: read, method: method, path: path})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return cmp.Compare(a.OperationID, b.OperationID) })
	return all
}
