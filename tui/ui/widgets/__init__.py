"""What the screens are made of: each widget shows state it is given and says by messages what the user did."""
