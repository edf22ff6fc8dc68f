SwaggerUIBundle({
	url: "/openapi.yaml",
	dom_id: "#swagger-ui",
	deepLinking: true,
	tryItOutEnabled: true,
	validatorUrl: null, // do not send the document to a validator elsewhere
});
