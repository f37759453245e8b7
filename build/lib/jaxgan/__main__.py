"""python -m jaxgan: the command line."""
from jaxgan.command import program

if __name__ == '__main__':
  program()
