// Package httpapi holds the HTTP conventions that the task service and the bff
// share: the setup of Huma, problem documents, strict JSON parsing, middleware,
// limits, event streams, and starting and stopping servers.
//
// Operations return plain errors. [Register] turns them into problem documents,
// using the server's table of errors.
package httpapi
