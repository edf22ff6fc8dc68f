// Package httpapi holds the HTTP conventions that the task service and the
// BFF share: how Huma is set up, the shape of failures, the strict reading of
// JSON, the middleware every request passes, and the life of a server.
//
// Operations return plain errors. [Register] turns them into problem documents
// at this one edge, by the table that the server was given.
package httpapi
