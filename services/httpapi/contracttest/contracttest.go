// Package contracttest tests a server against its own OpenAPI document: responses match
// the document, users cannot read each other's data, invalid requests are rejected, and
// every field is stored. It derives all requests from the document, so it covers new
// operations, kinds and fields once they are documented. The tests of both servers use it.
package contracttest

import (
	"net/http"
	"testing"
)

// Request is a request to a server under test.
type Request struct {
	Method string
	// Path includes the query.
	Path   string
	Header http.Header
	// Body may be empty.
	Body string
}

// Response is a response whose body has been read.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Send sends a request as one user.
type Send func(testing.TB, Request) Response
