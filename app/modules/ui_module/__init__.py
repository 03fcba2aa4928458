"""The page at `/ui`: a small chat client in the browser, made of plain files that this server hands out."""
