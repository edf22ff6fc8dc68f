// Package contracttest tests a server against its own OpenAPI document: that its
// responses are as documented, that strangers learn nothing, that nonsense is
// refused and that every field is stored. All requests are made from the
// document, so a new operation, kind or field is covered once it is documented.
// It is for the tests of both servers.
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
