"""Link previews: title and description of the first page that a message links to."""
