"""Link previews: title, description and image of the first page that a message links to."""
